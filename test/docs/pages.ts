/** The pages of the repository, and what they show. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const TOP = resolve(import.meta.dirname, '../..');

/** A command that a page shows, with the exit code that it says: `# exit 4` behind it, `(exit 4)` behind an inline one; else 0. */
export interface Shown {
	readonly page: string;
	readonly command: string;
	readonly exit: number;
}

/** Returns the paths of the pages that match, relative to the top of the repository. */
export function pagesIn(...globs: readonly string[]): readonly string[] {
	return globs
		.flatMap((glob) => globSync(glob, { cwd: TOP, exclude: ['**/node_modules/**', '**/.*/**'] }))
		.sort();
}

export function textOf(page: string): string {
	return readFileSync(join(TOP, page), 'utf8');
}

/** Returns the contents of the fenced blocks of a language, in order. */
export function blocksOf(text: string, ...languages: readonly string[]): readonly string[] {
	return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, language = '', body = '']) =>
		languages.includes(language) ? [body] : [],
	);
}

/** Returns a page's text without its fenced blocks. */
export function proseOf(text: string): string {
	return text.replace(/^```[\s\S]*?^```$/gm, '');
}

/** Returns the commands of a page's blocks: all of `sh`, and of `console` the lines behind a prompt. */
export function blockCommands(page: string): readonly Shown[] {
	const text = textOf(page);
	const scripts = [...text.matchAll(/^```(sh|console)\n([\s\S]*?)^```$/gm)];
	return scripts
		.flatMap(([, language, body = '']) => (language === 'sh' ? commandsIn(body) : typedIn(body)))
		.map((one) => shown(page, one));
}

/** Returns the inline commands of a page: what stands in backquotes and begins with `signalbox `. */
export function inlineCommands(page: string): readonly Shown[] {
	return [...proseOf(textOf(page)).matchAll(/`(signalbox [^`]+)`(?: \(exit (\d)\))?/g)].map(
		([, command = '', exit = '0']) => ({
			page,
			command,
			exit: Number(exit),
		}),
	);
}

function shown(page: string, command: string): Shown {
	return { page, command, exit: Number(/# exit (\d)\b/.exec(command)?.[1] ?? 0) };
}

function typedIn(body: string): readonly string[] {
	return body.split('\n').flatMap((line) => /^[$#] (.*)$/.exec(line)?.[1] ?? []);
}

/** Lines are taken together until the shell calls them complete. */
function commandsIn(body: string): readonly string[] {
	const commands: string[] = [];
	let begun = '';
	for (const line of body.split('\n')) {
		if (begun === '' && /^\s*(#.*)?$/.test(line)) continue;
		begun += `${line}\n`;
		if (!isComplete(begun)) continue;
		commands.push(begun.trimEnd());
		begun = '';
	}
	return begun === '' ? commands : [...commands, begun.trimEnd()];
}

/** bash warns of a here-document without an end, and fails at everything else that is not over yet. */
function isComplete(command: string): boolean {
	const read = spawnSync('bash', ['-n'], { input: command, encoding: 'utf8', timeout: 10_000 });
	return read.status === 0 && read.stderr === '';
}
