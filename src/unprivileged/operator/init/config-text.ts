/** The configuration that `init` writes: short, with comments about common additions. */
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
	/** Undefined if one ordinary user runs everything. */
	readonly fetcher: string | undefined;
	/** Undefined: the default. */
	readonly state: string | undefined;
}

/** Returns the text of config.toml. Trust: the choices are checked texts without control characters. */
export function configText(choice: ConfigChoice): string {
	const optional = [
		...(choice.group === undefined
			? []
			: [`group = ${quoted(choice.group)}  # may send signals and read statuses/`]),
		...(choice.state === undefined
			? []
			: [`state = ${quoted(choice.state)}  # the state directory: trust, journal, backups, logs`]),
	];
	return `# Configuration of Signalbox. All keys: docs/operator/configuration.md.
# Every update reads it; karen rereads it on SIGHUP. Only the user who runs karen may be able to write it.

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
# data = ["db"]          # user data outside the release that is backed up and restored with it
# allow_delete = []      # paths that a release may delete although no release installed them

[hooks]
# timeout = "1h"         # limit of one hook

# Health checks. Without a probe, only the 02 hook of a release decides whether the box is healthy.
# [[probes]]
# name = "http"
# kind = "http"
# url = "http://127.0.0.1/ping"
# soak = "1m"           # how long it must stay healthy
`;
}

function trustText(trust: TrustChoice): string {
	switch (trust.mode) {
		case 'unsigned':
			return '';
		case 'tuf':
			return `root = ${quoted(trust.root)}  # the pinned root: anyone who can change it controls what the box trusts\n`;
		case 'minisign':
		case 'ssh':
			return `keys = [\n${trust.keys.map((key) => `\t${quoted(key)},\n`).join('')}]\nthreshold = ${trust.threshold}  # how many of the keys must sign a release\n`;
	}
}

function fetcherText(user: string | undefined): string {
	return user === undefined
		? ''
		: `[fetcher]\nuser = ${quoted(user)}  # reads the network and has no rights\n\n`;
}

/** A JSON string is a TOML basic string if it has no control characters. */
function quoted(text: string): string {
	return JSON.stringify(text);
}
