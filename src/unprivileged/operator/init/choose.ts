/** Chooses a new configuration from options, answers at the terminal, and defaults. */
import { resolve } from 'node:path';
import { type Config, parseConfig } from '../../../model/config/config.ts';
import type { InfoJson } from '../../../model/release/info.ts';
import { parseToml } from '../../../system/toml.ts';
import { usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { type ConfigChoice, configText } from './config-text.ts';
import { type GivenTrust, type TrustChoice, trustChoice } from './trust-choice.ts';
import { modes, parseTrust, TRUST_MODES, type TrustMode } from './trust-mode.ts';

/** The options; undefined where none was given. */
export interface GivenChoice extends GivenTrust {
	readonly kind: Config['source']['kind'] | undefined;
	readonly product: string | undefined;
	readonly source: string | undefined;
	readonly channel: string | undefined;
	readonly group: string | undefined;
	readonly fetcher: string | undefined;
	readonly state: string | undefined;
}

/** A configuration that is not written yet, and the TUF root that it pins. */
export interface Chosen {
	readonly text: string;
	readonly pinned: { readonly path: string; readonly bytes: Uint8Array } | undefined;
}

/**
 * Returns a valid configuration for the directory `dir`. Trust and source have no default: without a terminal
 * to ask at, a missing one is the error `usage`. Throws `config-invalid` for options that make no valid
 * configuration.
 */
export async function chooseConfig(
	given: GivenChoice,
	info: InfoJson,
	dir: string,
	world: World,
): Promise<Chosen> {
	const kind = given.kind ?? 'git';
	const choice: ConfigChoice = {
		product: given.product ?? productOf(info),
		kind,
		source: sourceFrom(kind, given.source ?? (await askSource(world)), world.cwd),
		channel: given.channel ?? 'main',
		trust: await chooseTrust(given, dir, world),
		group: given.group,
		fetcher: given.fetcher,
		state: given.state,
	};
	const text = configText(choice);
	const parsed = parseToml(text);
	if (parsed.kind === 'unreadable')
		throw usage(
			`cannot write these options into a configuration: ${parsed.why}`,
			'leave control characters out',
		);
	parseConfig(parsed.value, 'these options as a configuration');
	const { trust } = choice;
	return { text, pinned: trust.mode === 'tuf' ? { path: trust.root, bytes: trust.bytes } : undefined };
}

/** The path of a directory may be relative. */
function sourceFrom(kind: Config['source']['kind'], source: string, cwd: string): string {
	return kind === 'directory' ? resolve(cwd, source) : source;
}

/** Returns the product: the first word of a release's name, such as "Citadel 0.0.7". */
export function productOf(info: Pick<InfoJson, 'name'>): string {
	const word = info.name.trim().toLowerCase().split(/\s+/)[0] ?? '';
	return /^[a-z][a-z0-9-]{0,59}$/.test(word) ? word : 'signalbox';
}

async function askSource(world: World): Promise<string> {
	const answer = (await world.ask('URL or path of the releases: '))?.trim() ?? '';
	if (answer !== '') return answer;
	throw usage(
		'cannot choose a source: --source is missing',
		'use --source URL: the git repository with the release tags, or a source of the kind --kind names',
	);
}

async function chooseTrust(given: GivenTrust, dir: string, world: World): Promise<TrustChoice> {
	const mode = given.trust ?? (await askTrust(world));
	return trustChoice(mode, await withKeys(mode, given, world), dir, world.cwd);
}

/** Asks for the keys or TUF root that the mode needs, if they were not given. */
async function withKeys(mode: TrustMode, given: GivenTrust, world: World): Promise<GivenTrust> {
	switch (mode) {
		case 'unsigned':
			return given;
		case 'tuf':
			return {
				...given,
				trustRoot:
					given.trustRoot ??
					(await answerTo('The publisher’s root.json, from a trustworthy channel: ', world)),
			};
		case 'minisign':
		case 'ssh': {
			if (given.trustKeys.length > 0) return given;
			const key = await answerTo('The publisher’s public key: ', world);
			return { ...given, trustKeys: key === undefined ? [] : [key] };
		}
	}
}

async function answerTo(question: string, world: World): Promise<string | undefined> {
	const answer = (await world.ask(question))?.trim() ?? '';
	return answer === '' ? undefined : answer;
}

async function askTrust(world: World): Promise<TrustMode> {
	const question = `How are releases verified?\n${described()}\ntrust: `;
	const mode = parseTrust((await world.ask(question))?.trim() ?? '');
	if (mode !== undefined) return mode;
	throw usage(
		'cannot choose how releases are verified: --trust is missing',
		`use --trust with one of these:\n${described()}`,
	);
}

function described(): string {
	return modes()
		.map((mode) => `    ${mode.padEnd(9)} ${TRUST_MODES[mode]}`)
		.join('\n');
}
