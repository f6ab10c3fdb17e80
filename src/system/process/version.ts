/** Reads the version of this installation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asObject, parseJson } from '../../model/base/json.ts';
import { installation } from './program.ts';

/**
 * Returns the version in `package.json`, or `unknown` if the file has none. Trust: the file is part of the
 * installation.
 */
export function installedVersion(): string {
	const parsed = parseJson(readFileSync(join(installation, 'package.json'), 'utf8'));
	return String((parsed.kind === 'json' ? asObject(parsed.value)?.['version'] : undefined) ?? 'unknown');
}
