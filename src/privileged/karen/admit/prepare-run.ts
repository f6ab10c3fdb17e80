/** Prepares a run whose turn has come. karen repeats all checks now and trusts no earlier result. */

import { type ErrorRecord, problem, recordOf } from '../../../model/base/error.ts';
import type { Layout } from '../../../model/base/layout.ts';
import type { Config } from '../../../model/config/config.ts';
import type { SignalName, Stamp } from '../../../model/signal/signal.ts';
import type { TriggerMatch } from '../../../model/signal/trigger.ts';
import type { Accounts } from '../../../system/access/accounts.ts';
import type { Sighting, SignalScanner } from '../watch/scanner.ts';
import { findTriggerFault } from './check-trigger.ts';
import { findTrigger, triggersDirectory } from './find-trigger.ts';
import { admitPayload, signalOwners } from './payload.ts';

export type Prepared = { readonly name: SignalName; readonly stamp: Stamp } & (
	| { readonly kind: 'ready'; readonly match: TriggerMatch; readonly payload: string }
	| { readonly kind: 'refused'; readonly error: ErrorRecord }
	/** The signal's file was removed while it waited. */
	| { readonly kind: 'gone' }
);

export interface Preparation {
	readonly layout: Pick<Layout, 'signals' | 'triggers'>;
	readonly config: Pick<Config, 'signals' | 'triggers' | 'compat'>;
	readonly scanner: Pick<SignalScanner, 'refreshStamp'>;
	/** Read lazily, so that an unreadable account file refuses only this run. */
	readonly accounts: () => Accounts;
}

/**
 * Returns whether and how to run a touch. The returned stamp is the newest that the run covers. Never throws.
 */
export function prepareRun(touch: Sighting, preparation: Preparation): Prepared {
	try {
		const result = preparation.scanner.refreshStamp(touch);
		if (result.kind !== 'value' || result.value === 'gone') return { ...touch, kind: 'gone' };
		return prepare({ name: touch.name, stamp: result.value }, preparation);
	} catch (thrown) {
		return { ...touch, kind: 'refused', error: recordOf(thrown) };
	}
}

function prepare(touch: Sighting, { layout, config, accounts }: Preparation): Prepared {
	const match = findTrigger(touch.name, config, layout);
	if (match === undefined) return { ...touch, kind: 'refused', error: noTrigger(touch.name) };
	const fault =
		match.policy.run === 'file'
			? findTriggerFault(triggersDirectory(config, layout), match.trigger, triggerOwners(config, accounts()))
			: undefined;
	if (fault !== undefined) return { ...touch, kind: 'refused', error: fault };
	const admission = admitPayload(
		layout.signals,
		touch.name,
		signalOwners(layout.signals, config.signals.owners, accounts()),
	);
	switch (admission.kind) {
		case 'gone':
			return { ...touch, kind: 'gone' };
		case 'refused':
			return { ...touch, kind: 'refused', error: admission.error };
		case 'admitted':
			return { ...touch, kind: 'ready', match, payload: admission.payload };
	}
}

/**
 * Users whose triggers may run: karen's own user, and a user explicitly trusted through `compat.tree_owner`.
 */
function triggerOwners({ compat }: Pick<Config, 'compat'>, accounts: Accounts): number[] {
	const accepted = compat.treeOwner === undefined ? undefined : accounts.uidOf(compat.treeOwner);
	return [process.geteuid?.() ?? 0, ...(accepted === undefined ? [] : [accepted])];
}

/** Returns the group in which a signal's run must wait, or why there can be no run. Never throws. */
export function queueGroup(
	name: SignalName,
	{ config, layout }: Pick<Preparation, 'layout' | 'config'>,
): { kind: 'group'; name: string | undefined } | { kind: 'none'; error: ErrorRecord } {
	try {
		const match = findTrigger(name, config, layout);
		return match === undefined
			? { kind: 'none', error: noTrigger(name) }
			: { kind: 'group', name: match.policy.group };
	} catch (thrown) {
		return { kind: 'none', error: recordOf(thrown) };
	}
}

/** Returns the error for a signal without a trigger. */
function noTrigger(name: SignalName): ErrorRecord {
	return problem(
		'trigger-missing',
		`cannot run ${name}: it has no trigger`,
		'install a trigger of that name, or send another signal',
		{
			facts: { name },
		},
	).record;
}

/** Returns the error for a signal whose file was removed while it waited. */
export function removedBeforeTurn(name: SignalName): ErrorRecord {
	return problem(
		'signal-file-refused',
		`cannot run ${name}: its file was removed before the run started`,
		'send the signal again if it is still needed',
		{
			facts: { name },
		},
	).record;
}
