/**
 * Writes the two tables of configuration.md from the description that the code itself reads the configuration
 * with; what stands around them is written by hand.
 * Usage: write-config-page.ts [FILE]; without one, docs/operator/configuration.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { parseConfig } from '../../src/model/config/config.ts';
import { configFile } from '../../src/model/config/schema/file.ts';
import type { TriggerPolicy } from '../../src/model/signal/trigger.ts';

/** What JSON Schema says of one key, as far as our own schema uses it. */
interface Schema {
	readonly type?: string;
	readonly description?: string;
	readonly default?: unknown;
	readonly const?: string;
	readonly enum?: readonly string[];
	readonly pattern?: string;
	readonly minimum?: number;
	readonly maximum?: number;
	readonly anyOf?: readonly Schema[];
	readonly items?: Schema;
	readonly properties?: Readonly<Record<string, Schema>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: boolean | Schema;
}

interface Key {
	readonly name: string;
	readonly schema: Schema;
	readonly need: 'must be given' | 'may be left out';
}

/**
 * Returns the keys of a table and of the tables in it: `source.url`, `triggers.NAME.group`, `probes[].name`.
 */
function keysIn(table: Schema, prefix: string): readonly Key[] {
	const named = Object.entries(table.properties ?? {}).flatMap(([name, schema]) =>
		keysOf(`${prefix}${name}`, schema, table, name),
	);
	const { additionalProperties: others } = table;
	return typeof others === 'object' ? [...named, ...keysIn(others, `${prefix}NAME.`)] : named;
}

function keysOf(path: string, schema: Schema, { required = [] }: Schema, name: string): readonly Key[] {
	if (schema.properties !== undefined) return keysIn(schema, `${path}.`);
	if (schema.items?.properties !== undefined) return keysIn(schema.items, `${path}[].`);
	return [{ name: path, schema, need: required.includes(name) ? 'must be given' : 'may be left out' }];
}

function typeOf({ type, pattern = '', items, anyOf, minimum, maximum, ...schema }: Schema): string {
	if (schema.const !== undefined) return code(schema.const);
	if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
	if (anyOf !== undefined) return 'user';
	if (items !== undefined) return `list of ${typeOf(items)}s`;
	if (type === 'boolean') return '`true`, `false`';
	if (type === 'integer') return `${minimum} to ${maximum}`;
	if (pattern.includes('ms|s|m|h|d')) return 'span';
	return pattern.includes('KB|MB|GB') ? 'size' : 'text';
}

/** A default that the schema does not hold stands at the end of the description. */
const TOLD = /; default:? (?!for )(.*)$/;

function defaultOf({ schema, need }: Key): string {
	if (need === 'must be given') return '**must be given**';
	const told = TOLD.exec(schema.description ?? '')?.[1];
	if (told === undefined) return schema.default === undefined ? '–' : code(schema.default);
	return told.includes(' ') ? escaped(told) : code(told.replaceAll('"', ''));
}

function code(value: unknown): string {
	return `\`${JSON.stringify(value).replaceAll('","', '", "')}\``;
}

/** A table's cell ends at a bar, and what stands in angles would be taken for HTML. */
function escaped(text: string): string {
	return text.replaceAll('|', '\\|').replaceAll('<', '\\<');
}

function keyTable(): string {
	// The library's type of a schema knows every dialect; ours holds what stands above.
	const keys = keysIn(
		z.toJSONSchema(configFile, { io: 'input', target: 'draft-2020-12' }) as unknown as Schema,
		'',
	);
	const rows = keys.map((key) => [
		`\`${key.name}\``,
		typeOf(key.schema),
		defaultOf(key),
		escaped((key.schema.description ?? '').replace(TOLD, '')),
	]);
	return tableOf(['key', 'type', 'default', 'meaning'], rows);
}

function triggerTable(): string {
	const least = { source: { kind: 'git', url: '/nowhere' }, trust: { mode: 'unsigned' } };
	const { policies, other } = parseConfig(least, 'the least').triggers;
	const known = Object.entries(policies).map(([name, policy]) => [`\`${name}\``, ...rulesOf(policy)]);
	return tableOf(
		['NAME', 'run', 'timeout', 'group', 'prefix', 'record'],
		[...known, ['any other', ...rulesOf(other)]],
	);
}

function rulesOf({ run, timeout, group, argument, record }: TriggerPolicy): readonly string[] {
	return [
		code(run),
		code(spanOf(timeout)),
		group === undefined ? '–' : code(group),
		code(argument === 'rest'),
		code(record),
	];
}

/** Returns a span as the file has it. */
function spanOf(milliseconds: number): string {
	const minutes = milliseconds / 60_000;
	return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Returns the page with the text between the two comments of this name replaced. */
function withPart(page: string, name: string, text: string): string {
	const begin = `<!-- ${name}: written by scripts/dev/write-config-page.ts -->`;
	const end = `<!-- end of ${name} -->`;
	const [before, rest] = page.split(begin);
	const after = rest?.split(end)[1];
	if (before === undefined || after === undefined)
		throw new Error(`the page has no part between ${begin} and ${end}`);
	return `${before}${begin}\n${text}\n${end}${after}`;
}

const file = process.argv[2] ?? join(import.meta.dirname, '../../docs/operator/configuration.md');
const page = readFileSync(file, 'utf8');
writeFileSync(file, withPart(withPart(page, 'keys', keyTable()), 'triggers', triggerTable()));
