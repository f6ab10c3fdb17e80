/** Parses error records that another process wrote into a status file. */

import type { ErrorRecord, Facts, Retry } from './error.ts';
import { isErrorCode } from './error-codes.ts';
import { asObject, type Json } from './json.ts';

const RETRIES: readonly Retry[] = ['now', 'later', 'never'];

/**
 * Returns the record that `value` holds, or null when it holds none. A code that this version does not know
 * becomes `internal`.
 */
export function parseErrorRecord(value: Json | undefined): ErrorRecord | null {
	const raw = asObject(value);
	if (raw === undefined || typeof raw['message'] !== 'string') return null;
	return {
		code: isErrorCode(raw['code']) ? raw['code'] : 'internal',
		message: raw['message'],
		hint: typeof raw['hint'] === 'string' ? raw['hint'] : '',
		retry: RETRIES.find((retry) => retry === raw['retry']) ?? 'never',
		facts: parseFacts(raw['facts']),
	};
}

function parseFacts(value: Json | undefined): Facts {
	const facts: Record<string, Facts[string]> = {};
	for (const [key, fact] of Object.entries(asObject(value) ?? {})) {
		if (typeof fact === 'string' || typeof fact === 'number' || typeof fact === 'boolean') facts[key] = fact;
		else if (Array.isArray(fact)) facts[key] = fact.filter((one) => typeof one === 'string');
	}
	return facts;
}
