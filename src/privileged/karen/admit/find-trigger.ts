/** The triggers that are installed. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../../../model/base/layout.ts';
import type { Config } from '../../../model/config/config.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import type { TriggerMatch } from '../../../model/signal/trigger.ts';
import { matchTrigger } from './match-trigger.ts';

/** Returns the one directory in which triggers are files. */
export function triggersDirectory(
	config: Pick<Config, 'triggers'>,
	layout: Pick<Layout, 'triggers'>,
): string {
	return config.triggers.dir ?? layout.triggers;
}

/** Returns the trigger that answers a signal, or undefined. Whether it may be run is not looked at. */
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
