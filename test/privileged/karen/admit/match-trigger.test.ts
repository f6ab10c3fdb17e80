import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../../src/model/config/config.ts';
import { parseSignalName, type SignalName } from '../../../../src/model/signal/signal.ts';
import { matchTrigger } from '../../../../src/privileged/karen/admit/match-trigger.ts';

const config = (triggers: object) =>
	parseConfig({ source: { kind: 'git', url: '/x' }, trust: { mode: 'unsigned' }, triggers }, 'a test')
		.triggers;

/** `signal` with these trigger files → `trigger argument`, or `none`. */
function match(signal: string, files: string, triggers: object = {}): string {
	const there = files.split(' ');
	const found = matchTrigger(parseSignalName(signal) as SignalName, config(triggers), (name) =>
		there.includes(name),
	);
	return found === undefined
		? 'none'
		: [found.trigger, ...(found.argument === undefined ? [] : [found.argument])].join(' ');
}

describe('which trigger, with which argument', () => {
	test.each<[string, string, string, object, string]>([
		['its own name', 'backup', 'backup', {}, 'backup'],
		['none', 'backup', 'other', {}, 'none'],
		['a prefix', 'app-install-bitcoin', 'app', {}, 'app install-bitcoin'],
		['repo is one too', 'repo-add', 'repo', {}, 'repo add'],
		['the very name goes before a prefix', 'app-update', 'app app-update', {}, 'app-update'],
		['a prefix without a rest', 'app', 'app', {}, 'app'],
		['an empty rest', 'app-', 'app', {}, 'none'],
		['a rest that would be an option', 'app--rf', 'app', {}, 'none'],
		['a prefix must end at a dash', 'apple', 'app', {}, 'none'],
		['only declared prefixes', 'backup-now', 'backup', {}, 'none'],
		['a declared one', 'backup-now', 'backup', { backup: { prefix: true } }, 'backup now'],
		[
			'the longest wins',
			'app-store-add',
			'app app-store',
			{ 'app-store': { prefix: true } },
			'app-store add',
		],
		[
			'a shorter one when the longest has no file',
			'app-store-add',
			'app',
			{ 'app-store': { prefix: true } },
			'app store-add',
		],
		['app stays a prefix whatever is said of it', 'app-x', 'app', { app: { prefix: false } }, 'app x'],
		['our own need no file', 'update', '', {}, 'update'],
		['unless the configuration says file', 'update', '', { update: { run: 'file' } }, 'none'],
		['and then the file', 'update', 'update', { update: { run: 'file' } }, 'update'],
		['there is no builtin of any name', 'backup', 'backup', { backup: { run: 'builtin' } }, 'none'],
		['what every object has is no trigger', 'constructor', '', {}, 'none'],
		['nor a prefix', 'toString-x', '', {}, 'none'],
	])('%s', (_what, signal, files, triggers, expected) => {
		expect(match(signal, files, triggers)).toBe(expected);
	});
});

test('the policy is the one of the trigger', () => {
	const triggers = config({ app: { prefix: true, timeout: '5m', group: 'apps' } });
	expect(matchTrigger('app-x' as SignalName, triggers, (name) => name === 'app')?.policy).toMatchObject({
		timeout: 300_000,
		group: 'apps',
	});
	expect(matchTrigger('backup' as SignalName, triggers, () => true)?.policy).toBe(triggers.other);
});
