/** The table of mutations in the suite's README. */
import { BEYOND_CODE, MUTATIONS } from './mutations.ts';

const BEGIN = '<!-- written by npm run mutations: begin -->';
const END = '<!-- written by npm run mutations: end -->';

/** Returns the page with the table of today. */
export function withTable(page: string): string {
	const [head, rest] = page.split(BEGIN);
	const [, tail] = (rest ?? '').split(END);
	if (head === undefined || tail === undefined) throw new Error(`the page has no ${BEGIN} and ${END}`);
	return `${head}${BEGIN}\n\n${table()}\n\n${END}${tail}`;
}

function table(): string {
	const rows = MUTATIONS.map(
		({ threat, defence, file, test, name }) =>
			`| ${threat} | ${defence} | ${linked(file)} | ${linked(test)}: “${name}” |`,
	);
	const beyond = Object.entries(BEYOND_CODE).map(([threat, why]) => `- ${threat}: ${why}.`);
	return [
		'| threat | what is no longer so | taken out of | what fails |',
		'|---|---|---|---|',
		...rows,
		'',
		'For people to see to:',
		'',
		...beyond,
	].join('\n');
}

function linked(file: string): string {
	const name =
		file
			.split('/')
			.at(-1)
			?.replace(/(\.root)?\.test\.ts$/, '') ?? file;
	return `[${name}](../../${file})`;
}
