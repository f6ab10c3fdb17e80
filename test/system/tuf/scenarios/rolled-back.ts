/** Older metadata than the client has seen. */
import { seal } from '../publisher.ts';
import { keysOf, nothing, type Scenario } from './scenario.ts';

export const ROLLED_BACK: readonly Scenario[] = [
	{
		name: 'an older timestamp',
		steps: [
			(p) => {
				p.next();
				p.next();
			},
			(p) => {
				p.timestamp['version'] = 2;
				p.publishTimestamp();
			},
		],
		end: 'metadata-rolled-back',
		store: { timestamp: 3 },
	},
	{
		name: 'an older snapshot in a newer timestamp',
		steps: [
			(p) => {
				p.next();
				p.next();
			},
			(p) => {
				p.snapshot['version'] = 1;
				p.timestamp['version'] += 1;
				p.publishSnapshot();
			},
		],
		end: 'metadata-rolled-back',
		store: { snapshot: 3, timestamp: 3 },
	},
	{
		name: 'older targets in a newer snapshot',
		steps: [
			(p) => {
				p.next();
				p.next();
			},
			(p) => {
				p.next();
				p.targets['version'] = 1;
				p.publish();
			},
		],
		end: 'metadata-rolled-back',
		store: { targets: 3, snapshot: 3 },
	},
	{
		name: 'a root that does not count on',
		steps: [
			nothing,
			(p) => {
				p.root['version'] = 1;
				p.put('metadata/2.root.json', seal(p.root, keysOf(p, 'root')));
			},
		],
		end: 'metadata-mismatch',
		store: { root: 1 },
	},
	{
		name: 'a snapshot that forgets a role',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.next();
			},
			(p) => {
				p.snapshot['version'] += 1;
				p.timestamp['version'] += 1;
				delete p.snapshot['meta']['team.json'];
				p.publishSnapshot();
			},
		],
		end: 'metadata-rolled-back',
	},
	{
		name: 'an endless freeze: the same timestamp with other contents',
		steps: [
			nothing,
			(p) => {
				p.timestamp['meta']['snapshot.json'].version = 100;
				p.publishTimestamp();
			},
		],
		end: 'ok',
		store: { timestamp: 1, snapshot: 1 },
	},
];
