/**
 * `scripts/update/.release.json`, where a release says what it asks of the box. The file may be missing, and so may each of
 * its keys; a key that is not known refuses the release, because its author counted on it.
 */

import { problem } from '../base/error.ts';
import { asObject, decodeText, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { parseProbes } from '../config/config.ts';
import { DEFAULT_TERMS, type ReleaseTerms } from './terms.ts';
import { parseVersion, type Version } from './version.ts';

/** Larger files are refused unread. */
export const RELEASE_TERMS_MAX_BYTES = 64 * 1024;

/** Reads the bytes of a `.release.json`. Throws `terms-unreadable`, which names every key that is wrong. */
export function parseReleaseTerms(bytes: Uint8Array): ReleaseTerms {
	if (bytes.length > RELEASE_TERMS_MAX_BYTES)
		throw termsRefused([`it holds more than ${RELEASE_TERMS_MAX_BYTES} bytes`]);
	const text = decodeText(bytes);
	if (text === undefined) throw termsRefused(['it is not UTF-8']);
	const parsed = parseJson(text);
	if (parsed.kind === 'unreadable') throw termsRefused([parsed.why]);
	const raw = asObject(parsed.value);
	if (raw === undefined) throw termsRefused(['it is not an object']);
	return termsIn(raw);
}

/** Returns the error of a file that cannot be read as terms. */
export function termsRefused(why: readonly string[]) {
	const message = `cannot install the release: its scripts/update/.release.json is wrong: ${why.slice(0, 3).join('; ')}`;
	return problem('terms-unreadable', message, 'ask its author to mend the file and publish again', {
		facts: { why },
	});
}

const KEYS: readonly string[] = Object.keys(DEFAULT_TERMS);

function termsIn(raw: JsonObject): ReleaseTerms {
	const why = Object.keys(raw).flatMap((key) =>
		KEYS.includes(key) ? [] : [`${key}: is no key of this file`],
	);
	const read = <T>(
		key: keyof ReleaseTerms,
		parse: (value: Json) => T | undefined,
		what: string,
		missing: T,
	): T => {
		const value = raw[key];
		if (value === undefined) return missing;
		const parsed = parse(value);
		if (parsed === undefined) why.push(`${key}: is not ${what}`);
		return parsed ?? missing;
	};
	const probes = parseProbes(raw['probes'] ?? []);
	if (probes.kind === 'refused') why.push(...probes.why);
	const terms: ReleaseTerms = {
		reboot: read('reboot', asReboot, '"never" or "after-01"', DEFAULT_TERMS.reboot),
		probes: probes.kind === 'probes' ? probes.probes : [],
		minimumSafeVersion: read<Version | null>('minimumSafeVersion', parseVersion, 'a version', null),
		dataVersion: read<number | null>('dataVersion', asCount, 'a whole number from 0 on', null),
	};
	if (why.length > 0) throw termsRefused(why);
	return terms;
}

function asReboot(value: Json): ReleaseTerms['reboot'] | undefined {
	return value === 'never' || value === 'after-01' ? value : undefined;
}

function asCount(value: Json): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
