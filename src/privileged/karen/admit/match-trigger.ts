/** Which trigger answers a signal. */
import type { Config } from '../../../model/config/config.ts';
import { parseSignalName, type SignalName } from '../../../model/signal/signal.ts';
import type { TriggerMatch, TriggerPolicy } from '../../../model/signal/trigger.ts';

/** Our own programs for triggers: verbs of the updater. */
export const BUILTINS: readonly string[] = ['update', 'rollback', 'check'];

/** They take the rest of a signal's name whatever the configuration says of them. (Citadel contract §1.2) */
const LEGACY_PREFIXES: readonly string[] = ['app', 'repo'];

/**
 * Returns the trigger of a signal: the one of its very name, else the one with the longest prefix of it that takes the rest of
 * the name as its argument, else undefined. `isThere` says whether there is a trigger file of a name. An argument never starts
 * with a dash: it would be an option. Pure.
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
