/** A tar as bytes: what stands before and behind the contents of an entry. Owners, times and names of users are the same for all. */
import type { ReleasePath } from '../../model/release/manifest.ts';

export type TarEntry =
	| { readonly kind: 'file'; readonly path: ReleasePath; readonly mode: 0o644 | 0o755; readonly size: number }
	| { readonly kind: 'link'; readonly path: ReleasePath; readonly target: string };

const BLOCK = 512;
/** Bytes that the header has for a path, and for the target of a link. */
const NAME = 100;
/** What eleven octal digits can say. */
export const TAR_FILE_MAX = 8 ** 11 - 1;
/** Two empty blocks. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK);

/** Returns what stands before the contents: a header, behind a pax extension (POSIX.1-2001) where the header has no room for a name. */
export function tarHead(entry: TarEntry): Buffer {
	const target = entry.kind === 'link' ? entry.target : '';
	const records = [
		...(isPlain(entry.path) ? [] : [record('path', entry.path)]),
		...(isPlain(target) ? [] : [record('linkpath', target)]),
	];
	const said = Buffer.concat(records);
	const extension =
		records.length === 0
			? []
			: [block('PaxHeader', 'x', 0o644, said.length, ''), said, tarPadding(said.length)];
	const head =
		entry.kind === 'file'
			? block(nameOf(entry.path), '0', entry.mode, entry.size, '')
			: block(nameOf(entry.path), '2', 0o777, 0, nameOf(target));
	return Buffer.concat([...extension, head]);
}

/** Returns what fills up the last block of contents of this size. */
export function tarPadding(size: number): Buffer {
	return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

function isPlain(text: string): boolean {
	return text.length <= NAME && /^[\x20-\x7E]*$/.test(text);
}

/** Where an extension has the name, the header's is for programs that read none: it must not look like a directory's. */
function nameOf(text: string): string {
	return isPlain(text) ? text : text.replaceAll(/[^\x21-\x7E]|\//g, '_').slice(0, NAME);
}

function block(name: string, type: string, mode: number, size: number, target: string): Buffer {
	const bytes = Buffer.alloc(BLOCK);
	const put = (text: string, at: number) => bytes.write(text, at, 'latin1');
	put(name, 0);
	put(octal(mode, 8), 100);
	put(octal(0, 8), 108);
	put(octal(0, 8), 116);
	put(octal(size, 12), 124);
	put(octal(0, 12), 136);
	put(' '.repeat(8), 148);
	put(type, 156);
	put(target, 157);
	put('ustar\x0000', 257);
	put(octal(0, 8), 329);
	put(octal(0, 8), 337);
	// The sum counts its own field as blanks.
	const sum = bytes.reduce((total, byte) => total + byte, 0);
	put(`${octal(sum, 7)} `, 148);
	return bytes;
}

function octal(value: number, length: number): string {
	return `${value.toString(8).padStart(length - 1, '0')}\0`;
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function record(key: string, value: string): Buffer {
	const rest = Buffer.from(` ${key}=${value}\n`);
	const digits = String(rest.length + String(rest.length).length).length;
	return Buffer.concat([Buffer.from(String(rest.length + digits)), rest]);
}
