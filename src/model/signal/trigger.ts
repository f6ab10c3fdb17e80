/** Triggers: the executables that answer signals, and the rules a signal's runs follow. */
import type { SignalName } from './signal.ts';

/** How one trigger is run. Spans are milliseconds, sizes bytes. */
export interface TriggerPolicy {
	/** `file`: the executable of that name; `builtin`: our own program for it. */
	readonly run: 'file' | 'builtin';
	/** The whole process group is ended after this span. */
	readonly timeout: number;
	/** Triggers of one group never run at the same time. Undefined: only with itself. */
	readonly group: string | undefined;
	/** `rest`: `<name>-<rest>` runs this trigger with `<rest>` as its argument, as `app-install-x` does. */
	readonly argument: 'none' | 'rest';
	/** What is kept of its output. */
	readonly output: number;
	/**
	 * `before`: the touch is on disk before the trigger starts, so that a power cut never runs it twice (reboot).
	 * `beside`: both at once; a power cut in that millisecond may run it again, and never loses it.
	 */
	readonly record: 'before' | 'beside';
}

/** Which trigger answers a signal, with which argument. */
export interface TriggerMatch {
	readonly trigger: SignalName;
	readonly argument: string | undefined;
	readonly policy: TriggerPolicy;
}
