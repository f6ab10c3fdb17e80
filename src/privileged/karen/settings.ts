/** The settings, as a short process reads them: karen herself never loads what parses TOML. */
import { execFile } from 'node:child_process';
import { type ErrorRecord, problem } from '../../model/base/error.ts';
import { asObject, parseJson } from '../../model/base/json.ts';
import type { Settings } from '../../system/files/config-file.ts';
import { cacheEnvironment, nodeProgram, programPath } from '../../system/process/program.ts';

export type SettingsResult =
	| { readonly kind: 'settings'; readonly settings: Settings }
	| { readonly kind: 'refused'; readonly error: ErrorRecord };

const LIMIT = { timeout: 60_000, maxBuffer: 8 * 1024 * 1024, killSignal: 'SIGKILL' } as const;

/** Reads the settings of a root afresh; `config` names the file, else it is looked for. Never throws. */
export function askSettings(root: string, config: string | undefined): Promise<SettingsResult> {
	const args = [
		programPath('karen-settings'),
		'--root',
		root,
		...(config === undefined ? [] : ['--config', config]),
	];
	const env = { PATH: '/usr/bin:/bin', ...cacheEnvironment() };
	return new Promise((resolve) => {
		execFile(nodeProgram, args, { env, ...LIMIT }, (failed, stdout, stderr) =>
			resolve(resultOf(failed === null, stdout, stderr)),
		);
	});
}

function resultOf(ended: boolean, stdout: string, stderr: string): SettingsResult {
	const parsed = parseJson(stdout);
	const value = parsed.kind === 'json' ? asObject(parsed.value) : undefined;
	// Both are what our own program printed a moment ago.
	if (ended && value !== undefined) return { kind: 'settings', settings: value as unknown as Settings };
	if (value !== undefined) return { kind: 'refused', error: value as unknown as ErrorRecord };
	const { record } = problem(
		'internal',
		'cannot read the configuration: the program that reads it did not end well',
		'look at the log',
		{
			facts: { stderr: stderr.slice(-2000) },
		},
	);
	return { kind: 'refused', error: record };
}
