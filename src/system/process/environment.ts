/**
 * Builds the environment of every program that root runs from scratch: no variable of the caller is
 * inherited.
 */

export interface EnvironmentNeeds {
	readonly path: readonly string[];
	/** Home directory of the user who runs it; real hooks expand it under `set -u`. */
	readonly home: string;
	readonly user: string;
	/** Additional variables of Signalbox (`SIGNALBOX_…`). */
	readonly further?: Readonly<Record<string, string>>;
}

/** Returns the environment for a hook or a trigger. */
export function buildEnvironment(needs: EnvironmentNeeds): Record<string, string> {
	return {
		PATH: needs.path.join(':'),
		HOME: needs.home,
		USER: needs.user,
		LOGNAME: needs.user,
		SHELL: '/bin/sh',
		LANG: 'C.UTF-8',
		...needs.further,
	};
}
