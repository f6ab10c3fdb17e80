/** Writes tars by hand, header by header: also those that no program would write. */

export interface TarHeader {
	readonly name?: string | Buffer;
	readonly mode?: number;
	readonly size?: number | string;
	/** The type flag. */
	readonly type?: string;
	readonly link?: string;
	readonly prefix?: string;
	/** In the place of the right one. */
	readonly checksum?: string;
	readonly magic?: string;
}

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;

export function header({
	name = 'a',
	mode = 0o644,
	size = 0,
	type = '0',
	link = '',
	prefix = '',
	checksum,
	magic = 'ustar\x0000',
}: TarHeader): Buffer {
	const block = Buffer.alloc(512);
	const put = (value: string | Buffer, at: number) =>
		block.set(typeof value === 'string' ? Buffer.from(value) : value, at);
	put(name, 0);
	put(octal(mode, 8), 100);
	put(octal(0, 8), 108);
	put(octal(0, 8), 116);
	put(typeof size === 'string' ? size : octal(size, 12), 124);
	put(octal(0, 12), 136);
	put(' '.repeat(8), 148);
	put(type, 156);
	put(link, 157);
	put(magic, 257);
	put(prefix, 345);
	const sum = block.reduce((total, byte) => total + byte, 0);
	put(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148);
	return block;
}

/** Fills up to a whole block. */
function padded(contents: string | Buffer): Buffer {
	const bytes = Buffer.from(contents);
	return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export function file(name: string, contents: string | Buffer = 'x', more: TarHeader = {}): Buffer {
	return Buffer.concat([header({ name, size: Buffer.from(contents).length, ...more }), padded(contents)]);
}

export const link = (name: string, target: string): Buffer =>
	header({ name, type: '2', link: target, mode: 0o777 });
export const directory = (name: string): Buffer => header({ name, type: '5', mode: 0o755 });

/** A pax extension; `type` g: for all that follow. */
export function pax(records: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): Buffer {
	return file('PaxHeader', Buffer.concat(Object.entries(records).map(([key, value]) => record(key, value))), {
		type,
	});
}

export function record(key: string, value: string): Buffer {
	const rest = Buffer.from(` ${key}=${value}\n`);
	let length = rest.length + 1;
	while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
	return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** GNU's way: `L` for the name of the next entry, `K` for its link. */
export const long = (type: 'L' | 'K', text: string): Buffer => file('././@LongLink', `${text}\0`, { type });

export const END = Buffer.alloc(1024);

export const tar = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, END]);
