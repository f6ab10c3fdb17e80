/** What goes into a new configuration: the words given, the answers of the person at the terminal, the defaults. */
import { resolve } from 'node:path';
import { type Config, parseConfig } from '../../../model/config/config.ts';
import type { InfoJson } from '../../../model/release/info.ts';
import { parseToml } from '../../../system/toml.ts';
import { usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { type ConfigChoice, configText } from './config-text.ts';
import { type GivenTrust, type TrustChoice, trustChoice } from './trust-choice.ts';
import { modes, parseTrust, TRUST_MODES, type TrustMode } from './trust-mode.ts';

/** The words given; undefined where none was. */
export interface GivenChoice extends GivenTrust {
	readonly kind: Config['source']['kind'] | undefined;
	readonly product: string | undefined;
	readonly source: string | undefined;
	readonly channel: string | undefined;
	readonly group: string | undefined;
	readonly fetcher: string | undefined;
	readonly state: string | undefined;
}

/** A configuration that is not written yet, and the root that it pins. */
export interface Chosen {
	readonly text: string;
	readonly pinned: { readonly path: string; readonly bytes: Uint8Array } | undefined;
}

/**
 * Returns a configuration for the directory `dir` that is known to be good. Trust and source have no default: where no terminal is to
 * ask at, they are the error `usage`. Throws `config-invalid` for words that make no configuration.
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
			`cannot write these words into a configuration: ${parsed.why}`,
			'leave control characters out',
		);
	parseConfig(parsed.value, 'these words as a configuration');
	const { trust } = choice;
	return { text, pinned: trust.mode === 'tuf' ? { path: trust.root, bytes: trust.bytes } : undefined };
}

/** A directory may be named as it is seen from here. */
function sourceFrom(kind: Config['source']['kind'], source: string, cwd: string): string {
	return kind === 'directory' ? resolve(cwd, source) : source;
}

/** Releases are called "Citadel 0.0.7": the first word is the product. */
export function productOf(info: Pick<InfoJson, 'name'>): string {
	const word = info.name.trim().toLowerCase().split(/\s+/)[0] ?? '';
	return /^[a-z][a-z0-9-]{0,59}$/.test(word) ? word : 'signalbox';
}

async function askSource(world: World): Promise<string> {
	const answer = (await world.ask('URL or path that releases come from: '))?.trim() ?? '';
	if (answer !== '') return answer;
	throw usage(
		'cannot tell where releases come from: --source is missing',
		'say --source URL: the git repository with the release tags, or what --kind says',
	);
}

async function chooseTrust(given: GivenTrust, dir: string, world: World): Promise<TrustChoice> {
	const mode = given.trust ?? (await askTrust(world));
	return trustChoice(mode, await withKeys(mode, given, world), dir, world.cwd);
}

/** Asks for what the mode needs and nobody gave. */
async function withKeys(mode: TrustMode, given: GivenTrust, world: World): Promise<GivenTrust> {
	switch (mode) {
		case 'unsigned':
			return given;
		case 'tuf':
			return {
				...given,
				trustRoot:
					given.trustRoot ?? (await answerTo('The publisher’s root.json, got by a way you trust: ', world)),
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
		'cannot tell how releases are verified: --trust is missing',
		`say --trust with one of these:\n${described()}`,
	);
}

function described(): string {
	return modes()
		.map((mode) => `    ${mode.padEnd(9)} ${TRUST_MODES[mode]}`)
		.join('\n');
}
