/**
 * `scripts/update/.release.json`, in which a release states its terms. The file and each of its keys are
 * optional; an unknown key refuses the release, because its author relied on it.
 */

import { problem } from '../base/error.ts';
import { asObject, decodeText, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { parseProbes } from '../config/config.ts';
import { DEFAULT_TERMS, type ReleaseTerms } from './terms.ts';
import { parseVersion, type Version } from './version.ts';

/** Larger files are refused unread. */
export const RELEASE_TERMS_MAX_BYTES = 64 * 1024;

/**
 * Parses the bytes of a `.release.json`. Trust: none. Throws `terms-unreadable`, which names every wrong key.
 */
export function parseReleaseTerms(bytes: Uint8Array): ReleaseTerms {
	if (bytes.length > RELEASE_TERMS_MAX_BYTES)
		throw termsError([`it holds more than ${RELEASE_TERMS_MAX_BYTES} bytes`]);
	const text = decodeText(bytes);
	if (text === undefined) throw termsError(['it is not UTF-8']);
	const parsed = parseJson(text);
	if (parsed.kind === 'unreadable') throw termsError([parsed.why]);
	const raw = asObject(parsed.value);
	if (raw === undefined) throw termsError(['it is not an object']);
	return termsIn(raw);
}

/** Returns the error for a file that cannot be read as terms. */
export function termsError(why: readonly string[]) {
	const message = `cannot install the release: its scripts/update/.release.json is wrong: ${why.slice(0, 3).join('; ')}`;
	return problem('terms-unreadable', message, 'ask its author to correct the file and publish again', {
		facts: { why },
	});
}

const KEYS: readonly string[] = Object.keys(DEFAULT_TERMS);

function termsIn(raw: JsonObject): ReleaseTerms {
	const why = Object.keys(raw).flatMap((key) =>
		KEYS.includes(key) ? [] : [`${key}: is not a key of this file`],
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
		dataVersion: read<number | null>('dataVersion', asCount, 'a whole number of 0 or more', null),
	};
	if (why.length > 0) throw termsError(why);
	return terms;
}

function asReboot(value: Json): ReleaseTerms['reboot'] | undefined {
	return value === 'never' || value === 'after-01' ? value : undefined;
}

function asCount(value: Json): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
