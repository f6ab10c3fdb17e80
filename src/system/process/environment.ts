/** The environment of whatever root runs is built from nothing: no variable of the caller's reaches it. */

export interface EnvironmentNeeds {
	readonly path: readonly string[];
	/** Home of the user who runs it; real hooks expand it under `set -u`. */
	readonly home: string;
	readonly user: string;
	/** Further variables of our own (`SIGNALBOX_…`). */
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
