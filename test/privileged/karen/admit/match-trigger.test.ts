import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../../src/model/config/config.ts';
import { parseSignalName, type SignalName } from '../../../../src/model/signal/signal.ts';
import { matchTrigger } from '../../../../src/privileged/karen/admit/match-trigger.ts';

const config = (triggers: object) =>
	parseConfig({ source: { kind: 'git', url: '/x' }, trust: { mode: 'unsigned' }, triggers }, 'a test')
		.triggers;

/** Returns `trigger argument` for a signal with these trigger files, or `none`. */
function match(signal: string, files: string, triggers: object = {}): string {
	const there = files.split(' ');
	const found = matchTrigger(parseSignalName(signal) as SignalName, config(triggers), (name) =>
		there.includes(name),
	);
	return found === undefined
		? 'none'
		: [found.trigger, ...(found.argument === undefined ? [] : [found.argument])].join(' ');
}

describe('matches', () => {
	test.each<[string, string, string, object, string]>([
		['its own name', 'backup', 'backup', {}, 'backup'],
		['none', 'backup', 'other', {}, 'none'],
		['a prefix', 'app-install-bitcoin', 'app', {}, 'app install-bitcoin'],
		['the prefix repo', 'repo-add', 'repo', {}, 'repo add'],
		['the exact name before a prefix', 'app-update', 'app app-update', {}, 'app-update'],
		['not a prefix without a rest', 'app', 'app', {}, 'app'],
		['not an empty rest', 'app-', 'app', {}, 'none'],
		['not a rest that would be an option', 'app--rf', 'app', {}, 'none'],
		['only prefixes that end at a dash', 'apple', 'app', {}, 'none'],
		['only declared prefixes', 'backup-now', 'backup', {}, 'none'],
		['a declared prefix', 'backup-now', 'backup', { backup: { prefix: true } }, 'backup now'],
		[
			'the longest prefix',
			'app-store-add',
			'app app-store',
			{ 'app-store': { prefix: true } },
			'app-store add',
		],
		[
			'a shorter prefix if the longest has no file',
			'app-store-add',
			'app',
			{ 'app-store': { prefix: true } },
			'app store-add',
		],
		['app as a prefix despite the configuration', 'app-x', 'app', { app: { prefix: false } }, 'app x'],
		['builtin triggers without a file', 'update', '', {}, 'update'],
		['no builtin if the configuration says file', 'update', '', { update: { run: 'file' } }, 'none'],
		['the file if the configuration says file', 'update', 'update', { update: { run: 'file' } }, 'update'],
		['no builtin of an unknown name', 'backup', 'backup', { backup: { run: 'builtin' } }, 'none'],
		['no key of the object prototype as a trigger', 'constructor', '', {}, 'none'],
		['no key of the object prototype as a prefix', 'toString-x', '', {}, 'none'],
	])('%s', (_what, signal, files, triggers, expected) => {
		expect(match(signal, files, triggers)).toBe(expected);
	});
});

test('returns the policy of the trigger', () => {
	const triggers = config({ app: { prefix: true, timeout: '5m', group: 'apps' } });
	expect(matchTrigger('app-x' as SignalName, triggers, (name) => name === 'app')?.policy).toMatchObject({
		timeout: 300_000,
		group: 'apps',
	});
	expect(matchTrigger('backup' as SignalName, triggers, () => true)?.policy).toBe(triggers.other);
});
