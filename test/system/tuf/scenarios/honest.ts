/** Sources that do nothing wrong. */
import { newKey, type Publisher, time } from '../publisher.ts';
import { addMain, ago, DAY, keysOf, MAIN, nothing, type Scenario } from './scenario.ts';

/** Target paths are encoded in documents as in URLs. */
function rename(p: Publisher): void {
	for (const [path, bytes] of [...p.files]) {
		const encoded = path.split('/').map(encodeURIComponent).join('/');
		if (encoded !== path && path.startsWith('targets/')) p.put(encoded, bytes);
	}
}

export const HONEST: readonly Scenario[] = [
	{ name: 'a target', steps: [addMain], target: MAIN, end: 'ok' },
	{ name: 'a target, nothing new since', steps: [addMain, nothing], target: MAIN, end: 'ok' },
	{
		name: 'without consistent snapshots',
		consistent: false,
		steps: [addMain, (p) => p.next()],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'a target with odd characters',
		steps: [
			(p) => {
				p.addTarget('a b/ü.json', 'x');
				rename(p);
				p.next();
			},
		],
		target: 'a b/ü.json',
		end: 'ok',
	},
	{
		name: 'snapshot and timestamp tell only versions',
		steps: [
			(p) => {
				p.withHashes = false;
				addMain(p);
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'several roots in a row, with new root keys each',
		steps: [
			(p) => {
				for (let n = 0; n < 5; n += 1) p.nextRoot(() => p.rotate('root', 3, 2));
				addMain(p);
			},
			(p) => p.nextRoot(() => p.rotate('root', 5, 3)),
		],
		target: MAIN,
		end: 'ok',
		store: { root: 7 },
	},
	{
		name: 'all online keys rotated between two visits',
		steps: [
			addMain,
			(p) => {
				p.nextRoot(() => {
					for (const role of ['timestamp', 'snapshot', 'targets']) p.rotate(role);
				});
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'recovery from a fast-forwarded timestamp by a new timestamp key',
		steps: [
			(p) => {
				p.timestamp['version'] = 9999;
				p.publishTimestamp();
			},
			(p) => {
				p.nextRoot(() => p.rotate('timestamp'));
				p.timestamp['version'] = 1;
				p.publishTimestamp();
			},
		],
		end: 'ok',
		store: { timestamp: 1, root: 2 },
	},
	{
		name: 'recovery from a fast-forwarded snapshot by new timestamp and snapshot keys',
		steps: [
			(p) => {
				p.snapshot['version'] = 9999;
				p.timestamp['version'] += 1;
				p.publishSnapshot();
			},
			(p) => {
				p.nextRoot(() => {
					p.rotate('timestamp');
					p.rotate('snapshot');
				});
				p.snapshot['version'] = 3;
				p.timestamp['version'] += 1;
				p.publishSnapshot();
			},
		],
		end: 'ok',
		store: { snapshot: 3 },
	},
	{
		name: 'an expired root in the middle of the chain',
		steps: [
			(p) => {
				p.nextRoot(() => {
					p.root['expires'] = ago(p);
				});
				p.nextRoot(() => {
					p.root['expires'] = time(p.now + DAY);
				});
			},
		],
		end: 'ok',
		store: { root: 3 },
	},
	{
		name: 'an expired timestamp that was renewed',
		steps: [
			(p) => p.next(),
			(p) => {
				p.timestamp['expires'] = time(p.now + 2 * DAY);
				p.timestamp['version'] += 1;
				p.publishTimestamp();
			},
		],
		end: 'ok',
	},
	{
		name: 'a signature by a key that nobody asked for',
		steps: [
			(p) => {
				keysOf(p, 'targets').push(newKey());
				addMain(p);
			},
		],
		target: MAIN,
		end: 'ok',
	},
];
