/**
 * Reads a tar entry by entry. node-tar parses the headers; the rules for them are here and strict, because
 * many tar features are attacks in this place. Writes nothing.
 */
import { Header } from 'tar/header';
import { decodeText } from '../../model/base/json.ts';
import type {
	ArchiveEntry,
	ArchiveRules,
	ArchiveViolation,
	RawEntry,
} from '../../model/publication/archive.ts';
import { Bytes } from './blocks.ts';
import { parseExtension } from './tar-extension.ts';

const BLOCK = 512;
/** Bytes of an extension: enough for a path of 1,024 bytes, a link's target, times and owners. */
const EXTENSION_MAX = 64 * 1024;

/** A refused archive, with the offending path if there is one. */
export class Refused extends Error {
	readonly why: ArchiveViolation;
	readonly path: string;

	constructor(why: ArchiveViolation, path = '', cause?: unknown) {
		super(why, { cause });
		this.name = 'Refused';
		this.why = why;
		this.path = path;
	}
}

export interface OnTar {
	entry(entry: ArchiveEntry): Promise<void>;
	/** A piece of the file that was announced last. */
	bytes(piece: Buffer): Promise<void>;
}

/** What extensions declare about the next entry. */
interface Extended {
	readonly path?: string;
	readonly target?: string;
	readonly size?: number;
}

/** Throws Refused. */
export async function readTar(pieces: AsyncIterable<Buffer>, rules: ArchiveRules, on: OnTar): Promise<void> {
	const bytes = new Bytes(pieces);
	let extended: Extended = {};
	for (;;) {
		const block = await wholeBlock(bytes);
		const header = headerIn(block);
		if (header === 'empty') return await checkEnd(bytes);
		if (isExtension(header)) {
			extended = merged(extended, await extensionOf(header, bytes));
			continue;
		}
		const raw = rawOf(extended.path === undefined ? header : withoutName(block), extended);
		extended = {};
		if (raw.kind === 'directory' && raw.path === '') continue;
		const admission = rules.admit(raw);
		if (admission.kind === 'refused') throw new Refused(admission.why, raw.path);
		await on.entry(admission.entry);
		if (raw.kind === 'file') await passContents(raw, bytes, on);
	}
}

async function wholeBlock(bytes: Bytes): Promise<Buffer> {
	const block = await bytes.take(BLOCK);
	if (block.length < BLOCK) throw new Refused('cut');
	return block;
}

function headerIn(block: Buffer): Header | 'empty' {
	if (block.every((byte) => byte === 0)) return 'empty';
	const header = parseHeader(block);
	const isWhole =
		header.cksumValid && header.size !== undefined && hasTail(block, 0, 100) && hasTail(block, 157, 100);
	if (!isWhole) throw new Refused('header', header.cksumValid ? (header.path ?? '') : '');
	return header;
}

/**
 * With an extension, the header's name is truncated. If GNU tar cuts it after a slash, node-tar would take
 * the file for an empty directory.
 */
function withoutName(block: Buffer): Header {
	const copy = Buffer.from(block);
	copy.fill(0, 0, 100);
	copy.write('x');
	return parseHeader(copy);
}

/** node-tar throws on malformed numbers. */
function parseHeader(block: Buffer): Header {
	try {
		return new Header(block);
	} catch (thrown) {
		throw new Refused('header', '', thrown);
	}
}

/** A text ends at its first NUL; bytes after it could hide something from other readers. */
function hasTail(block: Buffer, from: number, length: number): boolean {
	const field = block.subarray(from, from + length);
	const end = field.indexOf(0);
	return end === -1 || field.subarray(end).every((byte) => byte === 0);
}

function isExtension({ type }: Header): boolean {
	return [
		'ExtendedHeader',
		'GlobalExtendedHeader',
		'NextFileHasLongPath',
		'NextFileHasLongLinkpath',
	].includes(type);
}

async function extensionOf({ type, size = 0, path = '' }: Header, bytes: Bytes): Promise<Extended> {
	if (size > EXTENSION_MAX) throw new Refused('header', path);
	const contents = (await bytes.take(padded(size))).subarray(0, size);
	if (contents.length < size) throw new Refused('cut', path);
	const text = decodeText(contents);
	if (text === undefined) throw new Refused('header', path);
	if (type === 'NextFileHasLongPath') return { path: text.replace(/\0$/, '') };
	if (type === 'NextFileHasLongLinkpath') return { target: text.replace(/\0$/, '') };
	const said = parseExtension(text);
	if (said.kind === 'refused') throw new Refused(said.why, path);
	// A global extension would rename every following entry.
	if (type === 'GlobalExtendedHeader' && Object.keys(said.fields).length > 0)
		throw new Refused('override', path);
	return said.fields;
}

/** Refuses two extensions that both name the next entry: readers differ on which one wins. */
function merged(before: Extended, more: Extended): Extended {
	const twice = Object.keys(more).find((key) => key in before);
	if (twice !== undefined) throw new Refused('override', more.path ?? before.path ?? '');
	return { ...before, ...more };
}

function rawOf(header: Header, extended: Extended): RawEntry {
	const path = extended.path ?? header.path ?? '';
	const size = header.size ?? 0;
	if (extended.size !== undefined && extended.size !== size) throw new Refused('override', path);
	if (path.includes('\uFFFD')) throw new Refused('path', path);
	const kind = kindOf(header);
	const target = kind === 'link' ? (extended.target ?? header.linkpath ?? '') : '';
	return { kind, path: withoutDot(path), mode: header.mode ?? 0, size, target };
}

function kindOf({ type }: Header): RawEntry['kind'] {
	if (type === 'File' || type === 'OldFile') return 'file';
	if (type === 'Directory') return 'directory';
	return type === 'SymbolicLink' ? 'link' : 'other';
}

/** `tar -c .` prefixes each path with `./` and writes the directory itself as `./`. */
function withoutDot(path: string): string {
	return path === '.' ? '' : path.replace(/^\.\//, '');
}

async function passContents({ size, path }: RawEntry, bytes: Bytes, on: OnTar): Promise<void> {
	for (let left = size; left > 0; ) {
		const piece = await bytes.some(left);
		if (piece.length === 0) throw new Refused('cut', path);
		left -= piece.length;
		await on.bytes(piece);
	}
	const padding = padded(size) - size;
	if ((await bytes.take(padding)).length < padding) throw new Refused('cut', path);
}

function padded(size: number): number {
	return Math.ceil(size / BLOCK) * BLOCK;
}

/** Two empty blocks end a tar; only zeros may follow, which fill its last record. */
async function checkEnd(bytes: Bytes): Promise<void> {
	if (!(await wholeBlock(bytes)).every((byte) => byte === 0)) throw new Refused('rest');
	for (;;) {
		const piece = await bytes.some(1024 * 1024);
		if (piece.length === 0) return;
		if (!piece.every((byte) => byte === 0)) throw new Refused('rest');
	}
}
