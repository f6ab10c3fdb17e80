/** Finds the installed triggers. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../../../model/base/layout.ts';
import type { Config } from '../../../model/config/config.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import type { TriggerMatch } from '../../../model/signal/trigger.ts';
import { matchTrigger } from './match-trigger.ts';

/** Returns the directory of the triggers. */
export function triggersDirectory(
	config: Pick<Config, 'triggers'>,
	layout: Pick<Layout, 'triggers'>,
): string {
	return config.triggers.dir ?? layout.triggers;
}

/** Returns the trigger of a signal, or undefined. It does not check whether the trigger may run. */
export function findTrigger(
	name: SignalName,
	config: Pick<Config, 'triggers'>,
	layout: Pick<Layout, 'triggers'>,
): TriggerMatch | undefined {
	const directory = triggersDirectory(config, layout);
	return matchTrigger(
		name,
		config.triggers,
		(trigger) => lstatSync(join(directory, trigger), { throwIfNoEntry: false }) !== undefined,
	);
}
