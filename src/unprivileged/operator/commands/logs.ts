import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../../model/base/errno.ts';
import { problem } from '../../../model/base/error.ts';
import { EXIT } from '../../../model/base/error-codes.ts';
import { type ChangeId, parseChangeId } from '../../../model/change/change.ts';
import { plain, printJson, printLine } from '../../../terminal/print.ts';
import { textOf, usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { settingsOf } from '../located-root.ts';
import type { Common, Subcommand } from '../subcommand.ts';

interface LogsOptions extends Common {
	readonly change: ChangeId | undefined;
	readonly hook: string | undefined;
}

const ENDING = '.log';

interface HookLog {
	/** The hook, or `restart` for the command that started the restored release. */
	readonly name: string;
	readonly text: string;
}

/** `signalbox logs`: what the hooks of a change printed. */
export const logs: Subcommand<LogsOptions> = {
	name: 'logs',
	summary: 'print the output of a change’s hooks',
	args: [['[change]', 'the id of a change, from signalbox history; default: the newest']],
	options: [['--hook <name>', 'only this hook, such as 01-run.sh']],
	examples: [
		{ line: 'signalbox logs', what: 'all hooks of the newest change, in order' },
		{ line: 'signalbox logs 20261121-093000-1a2b --hook 02-run.sh', what: 'one hook of one change' },
	],
	parse(given, common) {
		const [written] = given.args;
		const change = parseChangeId(written);
		if (written !== undefined && change === undefined)
			throw usage(
				`cannot use ${JSON.stringify(written)} as a change`,
				'signalbox history lists the changes by their ids',
			);
		return { ...common, change, hook: textOf(given, 'hook') };
	},
	async run(options, world) {
		const { changes } = (await settingsOf(options, world)).layout;
		const change = options.change ?? newestChange(changes);
		if (change === undefined) return printNone(options, world);
		const found = readLogs(join(changes, change, 'logs'), change).filter(
			({ name }) => options.hook === undefined || name === options.hook,
		);
		if (options.hook !== undefined && found.length === 0)
			throw usage(
				`cannot find a log of ${options.hook} in the change ${change}`,
				'signalbox logs without --hook prints all logs',
			);
		print(change, found, options, world);
		return EXIT.done;
	},
};

function newestChange(changes: string): ChangeId | undefined {
	return list(changes, [])
		.flatMap((name) => parseChangeId(name) ?? [])
		.sort()
		.at(-1);
}

function readLogs(directory: string, change: ChangeId): readonly HookLog[] {
	const names = list(directory, undefined);
	if (names === undefined)
		throw problem(
			'usage',
			`cannot find the change ${change}`,
			'signalbox history lists the changes by their ids; old logs are removed',
			{
				facts: { change },
			},
		);
	return names
		.filter((name) => name.endsWith(ENDING))
		.sort()
		.map((name) => ({
			name: name.slice(0, -ENDING.length),
			text: readFileSync(join(directory, name), 'utf8'),
		}));
}

function list<Missing>(directory: string, missing: Missing): string[] | Missing {
	try {
		return readdirSync(directory);
	} catch (thrown) {
		if (errnoOf(thrown) === 'ENOENT') return missing;
		throw thrown;
	}
}

function print(change: ChangeId, found: readonly HookLog[], options: LogsOptions, world: World): void {
	if (options.output === 'json') printJson(world.out, { change, logs: found });
	else if (found.length === 0)
		printLine(world.err, `The change ${change} has no logs: none of its hooks ran.`);
	else printTexts(change, found, world);
}

function printTexts(change: ChangeId, found: readonly HookLog[], world: World): void {
	for (const { name, text } of found) {
		if (found.length > 1) printLine(world.out, `==> ${change} ${name} <==`);
		world.out.write(world.out.terminal === 'yes' ? plain(text) : text);
		if (text !== '' && !text.endsWith('\n')) printLine(world.out, '');
	}
}

function printNone(options: LogsOptions, world: World): number {
	if (options.output === 'json') printJson(world.out, { change: null, logs: [] });
	else printLine(world.err, 'No change has logs yet.');
	return EXIT.done;
}
