/** Reads the settings in a short-lived child process, so that karen never loads the TOML parser and zod. */
import { type ErrorRecord, problem } from '../../model/base/error.ts';
import { asObject, parseJson } from '../../model/base/json.ts';
import { type OwnEnd, runOwn } from '../../system/process/run-own.ts';
import type { Settings } from '../../system/root/config-file.ts';

export type SettingsResult =
	| { readonly kind: 'settings'; readonly settings: Settings }
	| { readonly kind: 'refused'; readonly error: ErrorRecord };

/** Milliseconds, and bytes of output. */
const LIMIT = { timeout: 60_000, maxOutput: 8 * 1024 * 1024 };

/**
 * Returns the current settings of a root. `config` names the file; default: the usual locations. Never
 * throws.
 */
export async function askSettings(root: string, config: string | undefined): Promise<SettingsResult> {
	const args = ['--root', root, ...(config === undefined ? [] : ['--config', config])];
	return resultOf(await runOwn({ program: 'karen-settings', args, ...LIMIT }));
}

function resultOf({ kind, stdout, stderr }: OwnEnd): SettingsResult {
	const parsed = parseJson(stdout);
	const value = parsed.kind === 'json' ? asObject(parsed.value) : undefined;
	// Both were printed by our own program, so they are trusted.
	if (kind === 'done' && value !== undefined)
		return { kind: 'settings', settings: value as unknown as Settings };
	if (value !== undefined) return { kind: 'refused', error: value as unknown as ErrorRecord };
	const { record } = problem(
		'internal',
		'cannot read the configuration: the program that reads it failed',
		'see the log, then restart karen',
		{
			facts: { stderr: stderr.slice(-2000) },
		},
	);
	return { kind: 'refused', error: record };
}
