/** Matches signals with triggers. */
import type { Config } from '../../../model/config/config.ts';
import { parseSignalName, type SignalName } from '../../../model/signal/signal.ts';
import type { TriggerMatch, TriggerPolicy } from '../../../model/signal/trigger.ts';

/** Signals that Signalbox can handle itself, with commands of the updater. */
export const BUILTINS: readonly string[] = ['update', 'rollback', 'check'];

/** These always receive the rest of the signal's name as their argument. Source: Citadel's karen. */
const LEGACY_PREFIXES: readonly string[] = ['app', 'repo'];

/**
 * Returns the trigger of a signal: the one with the same name, else the one with the longest matching prefix,
 * which gets the rest of the name as its argument, else undefined. `isThere` returns whether a trigger file
 * exists. An argument never starts with a dash, because it would be an option.
 */
export function matchTrigger(
	name: SignalName,
	triggers: Config['triggers'],
	isThere: (name: SignalName) => boolean,
): TriggerMatch | undefined {
	const policyOf = (trigger: string) =>
		Object.hasOwn(triggers.policies, trigger) ? triggers.policies[trigger] : undefined;
	const own = policyOf(name) ?? triggers.other;
	if (isRunnable(name, own, isThere)) return { trigger: name, argument: undefined, policy: own };
	return prefixesOf(triggers)
		.flatMap((prefix) => matchPrefix(name, prefix, policyOf(prefix) ?? triggers.other))
		.find(({ trigger, policy }) => isRunnable(trigger, policy, isThere));
}

function isRunnable(
	name: SignalName,
	policy: TriggerPolicy,
	isThere: (name: SignalName) => boolean,
): boolean {
	return policy.run === 'builtin' ? BUILTINS.includes(name) : isThere(name);
}

function prefixesOf({ policies }: Config['triggers']): string[] {
	const declared = Object.keys(policies).filter((name) => policies[name]?.argument === 'rest');
	return [...new Set([...declared, ...LEGACY_PREFIXES])].sort((a, b) => b.length - a.length);
}

function matchPrefix(name: SignalName, prefix: string, policy: TriggerPolicy): TriggerMatch[] {
	const trigger = parseSignalName(prefix);
	if (trigger === undefined || !name.startsWith(`${prefix}-`)) return [];
	const argument = name.slice(prefix.length + 1);
	return argument === '' || argument.startsWith('-') ? [] : [{ trigger, argument, policy }];
}
