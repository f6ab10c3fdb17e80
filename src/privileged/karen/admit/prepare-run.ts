/** From a touch whose turn it is to what is executed: everything is looked at now, and nothing of an earlier look is believed. */

import { type ErrorRecord, problem, recordOf } from '../../../model/base/error.ts';
import type { Layout } from '../../../model/base/layout.ts';
import type { Config } from '../../../model/config/config.ts';
import type { SignalName, Stamp } from '../../../model/signal/signal.ts';
import type { TriggerMatch } from '../../../model/signal/trigger.ts';
import type { Accounts } from '../../../system/access/accounts.ts';
import type { Sighting, SignalScanner } from '../watch/scanner.ts';
import { findFault } from './check-trigger.ts';
import { findTrigger, triggersDirectory } from './find-trigger.ts';
import { admit, signalOwners } from './payload.ts';

export type Prepared = { readonly name: SignalName; readonly stamp: Stamp } & (
	| { readonly kind: 'ready'; readonly match: TriggerMatch; readonly payload: string }
	| { readonly kind: 'refused'; readonly error: ErrorRecord }
	/** Its file was removed before its turn. */
	| { readonly kind: 'gone' }
);

export interface Preparation {
	readonly layout: Pick<Layout, 'signals' | 'triggers'>;
	readonly config: Pick<Config, 'signals' | 'triggers' | 'compat'>;
	readonly scanner: Pick<SignalScanner, 'lookAgain'>;
	/** Read when needed: a file that cannot be read refuses the run and no more. */
	readonly accounts: () => Accounts;
}

/** Decides on a touch whose turn it is. The stamp returned is the newest that the run will answer. Never throws. */
export function prepareRun(touch: Sighting, preparation: Preparation): Prepared {
	try {
		const looked = preparation.scanner.lookAgain(touch);
		if (looked.kind !== 'looked' || looked.value === 'gone') return { ...touch, kind: 'gone' };
		return judge({ name: touch.name, stamp: looked.value }, preparation);
	} catch (thrown) {
		return { ...touch, kind: 'refused', error: recordOf(thrown) };
	}
}

function judge(touch: Sighting, { layout, config, accounts }: Preparation): Prepared {
	const match = findTrigger(touch.name, config, layout);
	if (match === undefined) return { ...touch, kind: 'refused', error: noTrigger(touch.name) };
	const fault =
		match.policy.run === 'file'
			? findFault(triggersDirectory(config, layout), match.trigger, triggerOwners(config, accounts()))
			: undefined;
	if (fault !== undefined) return { ...touch, kind: 'refused', error: fault };
	const admission = admit(
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

/** Whose triggers root runs: its own, the one ordinary user's who runs everything, and a hole that the operator spelt out. */
function triggerOwners({ compat }: Pick<Config, 'compat'>, accounts: Accounts): number[] {
	const accepted = compat.treeOwner === undefined ? undefined : accounts.uidOf(compat.treeOwner);
	return [process.geteuid?.() ?? 0, ...(accepted === undefined ? [] : [accepted])];
}

/** Returns the error of a signal that nothing answers. */
export function noTrigger(name: SignalName): ErrorRecord {
	return problem(
		'trigger-missing',
		`cannot run ${name}: no trigger answers it`,
		'install a trigger of that name, or ring another signal',
		{
			facts: { name },
		},
	).record;
}

/** Returns the error of a signal whose file was removed before its turn. */
export function removedBeforeTurn(name: SignalName): ErrorRecord {
	return problem(
		'signal-file-refused',
		`cannot run ${name}: its file was removed before its turn`,
		'ring again if it is still wanted',
		{
			facts: { name },
		},
	).record;
}
