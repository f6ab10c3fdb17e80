/**
 * Runs every command that README.md and docs/ show, page by page, as a reader would type it. Each must end as
 * its page says: with 0, or with the code after it (`# exit 4` in a block, `(exit 4)` after an inline
 * command).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blockCommands, inlineCommands, pagesIn, type Shown, TOP } from './pages.ts';
import { copyHome, LIMIT, makeHome, type ReaderHome, removeHome, type } from './reader.ts';

interface Exception {
	readonly command: RegExp;
	readonly why: string;
	/** What covers it elsewhere: files, and scripts of package.json. */
	readonly files: readonly string[];
	readonly scripts: readonly string[];
}

/** Commands that are not run here. */
const EXCEPTIONS: readonly Exception[] = [
	{
		command: /^npm ci && npm run demo$/,
		why: 'npm would replace the packages of this run; the demo has its own tests',
		files: ['test/stories/demo/demo.test.ts', '.ci/run'],
		scripts: ['demo'],
	},
	{
		command: /^signalbox demo\b/,
		why: 'the demo has its own tests',
		files: ['test/stories/demo/demo.test.ts'],
		scripts: [],
	},
	{
		command: /^npm ci && npm test$/,
		why: 'this test is part of it',
		files: ['scripts/dev/test', '.ci/run'],
		scripts: ['test'],
	},
	{
		command: /^npm run bench\b/,
		why: 'it measures for minutes and needs a quiet machine',
		files: ['bench/run.ts', '.ci/run'],
		scripts: ['bench'],
	},
	{
		command: /^(sudo )?npm run faults\b/,
		why: 'it runs for minutes and writes the table',
		files: ['test/faults/run.ts', 'test/faults/killat/killat.root.test.ts', '.ci/run'],
		scripts: ['faults'],
	},
	{
		command: /^sudo bench\/setup\.sh\b/,
		why: 'it installs Debian packages',
		files: ['bench/setup.sh'],
		scripts: [],
	},
	{
		command: /^usermod /,
		why: 'it changes the accounts of the machine; the rights of the group are tested with another user',
		files: ['test/unprivileged/manager/manager.root.test.ts'],
		scripts: [],
	},
	{
		command: /^install .*-o signalbox-fetcher /,
		why: 'the machine has no such account; its ssh keys are tested with another user',
		files: ['test/system/git/account.root.test.ts'],
		scripts: [],
	},
];

/** Replaces what differs from box to box. */
const SUBSTITUTES: readonly (readonly [RegExp, string])[] = [
	[/(?<![\w/])\/citadel(?!\w)/g, '"$ROOT"'],
	[/https:\/\/(example\.org|github\.com)\/\S+/g, '"$SOURCE"'],
	[/\/run\/signalbox\//g, '"$HOME"/'],
	[/:3006\b/g, ':0'],
	[/\b\d{8}-\d{6}-[0-9a-f]{4}\b/g, '"$CHANGE"'],
	[/\bCOMMAND\b/g, 'status'],
	// The command mentioned by name only; without the name of a signal it does nothing.
	[/^signalbox signal$/, 'signalbox signal --help'],
	// The reader's box does not need attention; the stories about rollback cover resolve.
	[/^signalbox resolve --(rollback|keep)/, 'signalbox resolve --help'],
	// There is no terminal to ask at.
	[/^signalbox rollback( --data \w+)?(?=$|\s+#)/, 'signalbox rollback$1 --yes'],
];

const PAGES = pagesIn('README.md', 'docs/**/*.md');
const SHOWN: readonly Shown[] = PAGES.flatMap((page) => [...blockCommands(page), ...inlineCommands(page)]);
const isException = ({ command }: Shown) => EXCEPTIONS.some((exception) => exception.command.test(command));

let home: ReaderHome;
beforeAll(async () => {
	home = await makeHome();
}, LIMIT + 60_000);
afterAll(() => removeHome(home));

/** Returns what is typed for a command; `count` numbers the releases that are published for it. */
function typedFor(command: string, count: number): string {
	const tag = `v1.2.${count}`;
	const requested = /--to |updateTo|retry /.test(command)
		? command.replace(/\bTAG\b|\bv\d+\.\d+\.\d+\b/g, tag)
		: command;
	const typed = SUBSTITUTES.reduce((text, [from, to]) => text.replace(from, to), requested);
	const words = typed.replace(/#.*/g, '');
	return [
		...(/\b(check|update|retry)\b/.test(words) ? [`publish ${tag}`] : []),
		...(/\b(update|retry|rollback|signal)\b/.test(words) ? ['need_karen'] : []),
		...(/\bkaren\b/.test(words) ? ['stop_karen'] : []),
		/^signalbox .*\b(karen|manager)\b[^&]*$/.test(words) ? `daemon ${typed}` : typed,
		// A reader waits until karen has started.
		...(/^signalbox .*\bkaren &/.test(words) ? ['soon karen_is_up'] : []),
	].join('\n');
}

async function typeAll(
	shown: readonly Shown[],
): Promise<{ readonly ended: readonly string[]; readonly output: string }> {
	const copy = await copyHome(home);
	try {
		const { exits, output } = await type(
			copy,
			shown.map(({ command }, index) => typedFor(command, index)),
		);
		return { ended: shown.map(({ command }, index) => `${exits[index] ?? 'not run'}: ${command}`), output };
	} finally {
		await removeHome(copy);
	}
}

function expected(shown: readonly Shown[]): readonly string[] {
	return shown.map(({ command, exit }) => `${exit}: ${command}`);
}

/** Read-only commands run only where they are shown first, and inline commands only if no block has them. */
const READ_ONLY = /^0 signalbox (check|history|logs|status)$/;
const typedOnce = new Set<string>();

function notYetTyped(one: Shown, how: 'block' | 'inline'): boolean {
	const words = `${one.exit} ${one.command.replace(/\s+#.*/, '')}`;
	if (isException(one) || (typedOnce.has(words) && (how === 'inline' || READ_ONLY.test(words)))) return false;
	typedOnce.add(words);
	return true;
}

const blocks = PAGES.map(
	(page) => [page, blockCommands(page).filter((one) => notYetTyped(one, 'block'))] as const,
);
const inline = PAGES.flatMap(inlineCommands).filter((one) => notYetTyped(one, 'inline'));

test.concurrent.each(blocks.filter(([, shown]) => shown.length > 0))(
	'runs the commands in the blocks of %s',
	{ timeout: 2 * LIMIT },
	async (_page, shown) => {
		const { ended, output } = await typeAll(shown);
		expect(ended, output).toEqual(expected(shown));
	},
);

test.concurrent('runs the inline commands of all pages', { timeout: 2 * LIMIT }, async () => {
	const { ended, output } = await typeAll(inline);
	expect(ended, output).toEqual(expected(inline));
});

test.each(EXCEPTIONS.map((one) => [String(one.command), one] as const))(
	'has other tests for %s',
	(_, exception) => {
		expect(SHOWN.filter(({ command }) => exception.command.test(command))).not.toEqual([]);
		expect(exception.files.filter((file) => !existsSync(join(TOP, file)))).toEqual([]);
		const { scripts } = JSON.parse(readFileSync(join(TOP, 'package.json'), 'utf8')) as {
			scripts: Record<string, string>;
		};
		expect(exception.scripts.filter((script) => scripts[script] === undefined)).toEqual([]);
	},
);

test('finds commands in blocks and in the text', () => {
	expect(blockCommands('README.md').map(({ command }) => command)).toContain('npm ci && npm test');
	expect(blockCommands('docs/author/first-release.md').filter(({ exit }) => exit === 4)).toHaveLength(1);
	expect(blockCommands('docs/operator/getting-started.md').map(({ command }) => command)).toContain(
		'cd /citadel',
	);
	expect(inlineCommands('docs/operator/updates.md').map(({ command }) => command)).toContain(
		'signalbox update --to v1.2.3',
	);
});
