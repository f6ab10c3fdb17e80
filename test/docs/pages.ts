/** The pages of the repository, and the commands and blocks that they show. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const TOP = resolve(import.meta.dirname, '../..');

/**
 * A command that a page shows, with its exit code: `# exit 4` after it, `(exit 4)` after an inline one, else
 * 0.
 */
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

/** Returns the commands of a page's blocks: all of `sh`, and the lines after a prompt of `console`. */
export function blockCommands(page: string): readonly Shown[] {
	const text = textOf(page);
	const scripts = [...text.matchAll(/^```(sh|console)\n([\s\S]*?)^```$/gm)];
	return scripts
		.flatMap(([, language, body = '']) => (language === 'sh' ? commandsIn(body) : typedIn(body)))
		.map((one) => shown(page, one));
}

/** Returns the inline commands of a page: text in backquotes that begins with `signalbox `. */
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

/** Joins lines until the shell calls them complete. */
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

/** bash warns about an unfinished here-document, and fails for everything else that is incomplete. */
function isComplete(command: string): boolean {
	const read = spawnSync('bash', ['-n'], { input: command, encoding: 'utf8', timeout: 10_000 });
	return read.status === 0 && read.stderr === '';
}
