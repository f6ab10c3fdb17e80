/** What goes into a new configuration: the words given, the answers of the person at the terminal, the defaults. */
import type { InfoJson } from '../../../model/info.ts';
import { parseToml } from '../../../system/toml.ts';
import { usage } from '../../../terminal/subcommand.ts';
import type { World } from '../../../terminal/world.ts';
import { type ConfigChoice, configText, TRUST_MODES, type TrustMode } from './config-text.ts';

/** The words given; undefined where none was. */
export interface GivenChoice {
	readonly product: string | undefined;
	readonly source: string | undefined;
	readonly channel: string | undefined;
	readonly trust: TrustMode | undefined;
	readonly group: string | undefined;
	readonly fetcher: string | undefined;
	readonly state: string | undefined;
}

/**
 * Returns the text of a configuration that is known to be good. Trust and source have no default: where no terminal is to
 * ask at, they are the error `usage`. Throws `config-invalid` for words that make no configuration.
 */
export async function chooseConfig(given: GivenChoice, info: InfoJson, world: World): Promise<string> {
	const choice: ConfigChoice = {
		product: given.product ?? productOf(info),
		source: given.source ?? (await askSource(world)),
		channel: given.channel ?? 'main',
		trust: given.trust ?? (await askTrust(world)),
		group: given.group,
		fetcher: given.fetcher,
		state: given.state,
	};
	const text = configText(choice);
	const parsed = parseToml(text);
	if (parsed.kind === 'unreadable')
		throw usage(`cannot write these words into a configuration: ${parsed.why}`, 'leave control characters out');
	// Loaded here, so that no other command waits for it.
	const { parseConfig } = await import('../../../model/config.ts');
	parseConfig(parsed.value, 'these words as a configuration');
	return text;
}

/** Releases are called "Citadel 0.0.7": the first word is the product. */
export function productOf(info: Pick<InfoJson, 'name'>): string {
	const word = info.name.trim().toLowerCase().split(/\s+/)[0] ?? '';
	return /^[a-z][a-z0-9-]{0,59}$/.test(word) ? word : 'signalbox';
}

async function askSource(world: World): Promise<string> {
	const answer = (await world.ask('URL or path of the git repository that releases come from: '))?.trim() ?? '';
	if (answer !== '') return answer;
	throw usage('cannot tell where releases come from: --source is missing', 'say --source URL, the git repository with the release tags');
}

async function askTrust(world: World): Promise<TrustMode> {
	const question = `How are releases verified?\n${described()}\ntrust: `;
	const mode = parseTrust((await world.ask(question))?.trim() ?? '');
	if (mode !== undefined) return mode;
	throw usage('cannot tell how releases are verified: --trust is missing', `say --trust with one of these:\n${described()}`);
}

/** Returns the trust mode that `text` names, or undefined. */
export function parseTrust(text: string): TrustMode | undefined {
	return modes().find((mode) => mode === text);
}

function modes(): TrustMode[] {
	// The table's keys are the modes, and nothing else: its type says so.
	return Object.keys(TRUST_MODES) as TrustMode[];
}

function described(): string {
	return modes()
		.map((mode) => `    ${mode.padEnd(9)} ${TRUST_MODES[mode]}`)
		.join('\n');
}
