/**
 * Finds the configuration and decides whether root may trust it. Loads zod, so karen starts a short-lived
 * process instead of importing this file.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { decodeText } from '../../model/base/json.ts';
import { type Layout, layoutOf } from '../../model/base/layout.ts';
import { type Config, parseConfig } from '../../model/config/config.ts';
import { findUntrustedWriter } from '../access/untrusted-writer.ts';
import { readSmall } from '../files/read-file.ts';
import { parseToml } from '../toml.ts';

const MAX_BYTES = 1024 * 1024;

export interface Settings {
	readonly config: Config;
	/** Absolute path of the file that was read. */
	readonly configFile: string;
	readonly layout: Layout;
}

/**
 * Returns the absolute path of the configuration: the one named, otherwise the root's own, otherwise the
 * machine's. Throws `config-missing`. Whether the file can be trusted is decided by readSettings.
 */
export function findConfig(root: string, explicit: string | undefined): string {
	const places =
		explicit === undefined
			? [join(resolve(root), '.signalbox/config.toml'), '/etc/signalbox/config.toml']
			: [resolve(explicit)];
	const found = places.find((path) => existsSync(path));
	if (found !== undefined) return found;
	throw problem(
		'config-missing',
		`cannot find a configuration: ${places.join(' and ')} are not there or not for this user to read`,
		'write one with signalbox init',
		{
			facts: { places },
		},
	);
}

/**
 * Reads the configuration of `root`. Throws `config-missing`, `config-invalid` with the wrong keys, and
 * `config-unsafe` when a user other than root and the caller could have written the file. Trust: only root or
 * the caller wrote what is returned. (design §6)
 */
export function readSettings(root: string, explicit: string | undefined): Settings {
	const configFile = findConfig(root, explicit);
	const config = parseConfig(readToml(configFile), configFile);
	const at = resolve(root);
	return { config, configFile, layout: layoutOf(at, config.state ?? defaultState(at)) };
}

function defaultState(root: string): string {
	return process.geteuid?.() === 0 ? '/var/lib/signalbox' : join(root, '.signalbox');
}

function readToml(path: string): unknown {
	const facts = { path };
	const untrusted = findUntrustedWriter(path, [process.geteuid?.() ?? 0]);
	if (untrusted !== undefined)
		throw problem(
			'config-unsafe',
			`cannot trust ${path}: ${untrusted}`,
			'make root the owner of it and of all directories above it, and remove write access for others',
			{
				facts,
			},
		);
	const invalid = (why: string) =>
		problem(
			'config-invalid',
			`cannot use ${path}: ${why}`,
			'mend the file; docs/operator/configuration.md lists all keys',
			{ facts },
		);
	const read = readSmall(realpathSync(path), MAX_BYTES);
	if (read.kind === 'too-large') throw invalid(`it holds more than ${MAX_BYTES} bytes`);
	if (read.kind !== 'file') throw invalid(read.kind === 'missing' ? 'it is gone' : `it is ${read.why}`);
	const text = decodeText(read.bytes);
	if (text === undefined) throw invalid('it is not UTF-8');
	const parsed = parseToml(text);
	if (parsed.kind === 'unreadable') throw invalid(parsed.why);
	return parsed.value;
}
