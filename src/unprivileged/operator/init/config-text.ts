/** The configuration that `init` writes: as short as it may be, and saying what one may want to add. */
import type { Config } from '../../../model/config/config.ts';
import type { TrustChoice } from './trust-choice.ts';
import { TRUST_MODES } from './trust-mode.ts';

export interface ConfigChoice {
	readonly product: string;
	readonly kind: Config['source']['kind'];
	readonly source: string;
	readonly channel: string;
	readonly trust: TrustChoice;
	/** Undefined: one ordinary user runs everything, and there is no group. */
	readonly group: string | undefined;
	/** Undefined as well where one ordinary user runs everything. */
	readonly fetcher: string | undefined;
	/** Undefined: the default. */
	readonly state: string | undefined;
}

/** Returns the text of config.toml. Trust: the choices are texts without control characters, already checked. */
export function configText(choice: ConfigChoice): string {
	const optional = [
		...(choice.group === undefined ? [] : [`group = ${quoted(choice.group)}  # may ring and read statuses/`]),
		...(choice.state === undefined
			? []
			: [`state = ${quoted(choice.state)}  # root's own directory: trust, journal, backups, logs`]),
	];
	return `# Configuration of Signalbox. All keys: docs/operator/configuration.md.
# Every update reads it anew; karen rereads it on SIGHUP. Only the user who runs karen may be able to write it.

product = ${quoted(choice.product)}  # names the staging directory, .${choice.product}-v1.2.3
${optional.map((line) => `${line}\n`).join('')}
[source]
kind = ${quoted(choice.kind)}
url = ${quoted(choice.source)}
channel = ${quoted(choice.channel)}  # announces the newest release

[trust]
# ${Object.keys(TRUST_MODES).join(' | ')}. ${choice.trust.mode}: ${TRUST_MODES[choice.trust.mode]}
mode = ${quoted(choice.trust.mode)}
${trustText(choice.trust)}
${fetcherText(choice.fetcher)}[install]
kind = "hooks"
# data = ["db"]          # user data, ignored by the release, that is backed up and brought back with it
# allow_delete = []      # paths that a release may delete although no release brought them

[hooks]
# timeout = "1h"         # limit of one hook

# When is the box well? Without a probe only the 02 hook of a release tells.
# [[probes]]
# name = "http"
# kind = "http"
# url = "http://127.0.0.1/ping"
# soak = "1m"           # how long it must stay well
`;
}

function trustText(trust: TrustChoice): string {
	switch (trust.mode) {
		case 'unsigned':
			return '';
		case 'tuf':
			return `root = ${quoted(trust.root)}  # the pinned root: whoever could change it could make the box believe anything\n`;
		case 'minisign':
		case 'ssh':
			return `keys = [\n${trust.keys.map((key) => `\t${quoted(key)},\n`).join('')}]\nthreshold = ${trust.threshold}  # so many of the keys must have signed\n`;
	}
}

function fetcherText(user: string | undefined): string {
	return user === undefined
		? ''
		: `[fetcher]\nuser = ${quoted(user)}  # reads the network, and has no rights\n\n`;
}

/** JSON's strings are TOML's basic strings, as long as there are no control characters. */
function quoted(text: string): string {
	return JSON.stringify(text);
}
