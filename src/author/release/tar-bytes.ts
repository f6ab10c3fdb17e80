/** The bytes of a tar around an entry's content. Owner, time and user name are the same for all entries. */
import type { ReleasePath } from '../../model/release/manifest.ts';

export type TarEntry =
	| { readonly kind: 'file'; readonly path: ReleasePath; readonly mode: 0o644 | 0o755; readonly size: number }
	| { readonly kind: 'link'; readonly path: ReleasePath; readonly target: string };

const BLOCK = 512;
/** The header's maximum length, in bytes, of a path and of a link's target. */
const NAME = 100;
/** The largest number of eleven octal digits. */
export const TAR_FILE_MAX = 8 ** 11 - 1;
/** Two empty blocks end a tar. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK);

/**
 * Returns an entry's header. A name that does not fit is put into a pax extension (POSIX.1-2001) before it.
 */
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

/** Returns the padding after content of this size. */
export function tarPadding(size: number): Buffer {
	return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

function isPlain(text: string): boolean {
	return text.length <= NAME && /^[\x20-\x7E]*$/.test(text);
}

/**
 * If an extension holds the name, only programs without pax support read the header's: it must not look like
 * a directory.
 */
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
	// The checksum counts its own field as spaces.
	const sum = bytes.reduce((total, byte) => total + byte, 0);
	put(`${octal(sum, 7)} `, 148);
	return bytes;
}

function octal(value: number, length: number): string {
	return `${value.toString(8).padStart(length - 1, '0')}\0`;
}

/** `LENGTH KEY=VALUE\n`, where LENGTH includes its own digits. */
function record(key: string, value: string): Buffer {
	const rest = Buffer.from(` ${key}=${value}\n`);
	const digits = String(rest.length + String(rest.length).length).length;
	return Buffer.concat([Buffer.from(String(rest.length + digits)), rest]);
}
