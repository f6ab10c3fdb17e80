/** Triggers: the executables that handle signals, and the rules for running them. */
import type { SignalName } from './signal.ts';

/** How a trigger is run. Durations are in milliseconds, sizes in bytes. */
export interface TriggerPolicy {
	/** `file`: the executable of that name; `builtin`: Signalbox's own program. */
	readonly run: 'file' | 'builtin';
	/** After this time karen ends the whole process group. */
	readonly timeout: number;
	/** Triggers of one group never run at the same time. Undefined: the trigger excludes only itself. */
	readonly group: string | undefined;
	/** `rest`: `<name>-<rest>` runs this trigger with `<rest>` as its argument, as `app-install-x` does. */
	readonly argument: 'none' | 'rest';
	/** How much of its output is kept. */
	readonly output: number;
	/**
	 * `before`: the touch is on disk before the trigger starts, so that a power cut never causes a second run.
	 * `beside`: both happen at once; a power cut in between may cause a second run but never loses a touch.
	 */
	readonly record: 'before' | 'beside';
}

/** The trigger that handles a signal, and its argument. */
export interface TriggerMatch {
	readonly trigger: SignalName;
	readonly argument: string | undefined;
	readonly policy: TriggerPolicy;
}
