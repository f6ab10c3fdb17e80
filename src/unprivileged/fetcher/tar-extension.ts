/** Parses the records of a pax extension, `LENGTH KEY=VALUE\n` each. node-tar would ignore unknown ones. */
import type { ArchiveViolation } from '../../model/publication/archive.ts';

export interface ExtensionFields {
	readonly path?: string;
	readonly target?: string;
	readonly size?: number;
}

export type Extension =
	| { readonly kind: 'fields'; readonly fields: ExtensionFields }
	| { readonly kind: 'refused'; readonly why: ArchiveViolation };

/** Keys that are ignored: times, owners, comments, and vendors' permissions and attributes. */
const PASSED_OVER =
	/^(?:[acm]time|[ug]id|[ug]name|comment|charset|hdrcharset|(?:SCHILY|LIBARCHIVE|RHT|MSWINDOWS)\..*)$/;

/** Trust: none. An unknown or repeated record makes the archive refused. */
export function parseExtension(text: string): Extension {
	const fields: { path?: string; target?: string; size?: number } = {};
	for (let left = Buffer.from(text); left.length > 0; ) {
		const record = recordAt(left);
		if (record === undefined) return { kind: 'refused', why: 'header' };
		left = left.subarray(record.length);
		const why = note(fields, record.key, record.value);
		if (why !== undefined) return { kind: 'refused', why };
	}
	return { kind: 'fields', fields };
}

interface ExtensionRecord {
	readonly length: number;
	readonly key: string;
	readonly value: string;
}

function recordAt(bytes: Buffer): ExtensionRecord | undefined {
	const [head = '', digits = ''] = /^([1-9]\d{0,5}) /.exec(bytes.toString('latin1', 0, 7)) ?? [];
	const length = Number(digits);
	if (head === '' || length > bytes.length || bytes[length - 1] !== 0x0a) return undefined;
	const [, key, value] = /^([^=]+)=(.*)$/s.exec(bytes.toString('utf8', head.length, length - 1)) ?? [];
	return key === undefined || value === undefined || value.includes('\0')
		? undefined
		: { length, key, value };
}

function note(
	fields: { path?: string; target?: string; size?: number },
	key: string,
	value: string,
): ArchiveViolation | undefined {
	if (key.startsWith('GNU.sparse.')) return 'kind';
	if (PASSED_OVER.test(key)) return undefined;
	const name = key === 'linkpath' ? 'target' : key;
	if (name !== 'path' && name !== 'target' && name !== 'size') return 'header';
	if (fields[name] !== undefined) return 'override';
	if (name !== 'size') fields[name] = value;
	else if (/^\d{1,15}$/.test(value)) fields.size = Number(value);
	else return 'header';
	return undefined;
}
