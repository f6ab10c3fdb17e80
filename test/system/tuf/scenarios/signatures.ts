/** Missing, wrong and duplicated signatures. */
import { newKey, type Publisher, seal } from '../publisher.ts';
import { addMain, keysOf, MAIN, nothing, type Scenario } from './scenario.ts';

export const SIGNATURES: readonly Scenario[] = [
	...(['timestamp', 'snapshot', 'targets'] as const).map(
		(role): Scenario => ({
			name: `${role} signed by nobody`,
			steps: [
				(p) => {
					p.signers[role] = [];
					p.next();
				},
			],
			end: 'metadata-unsigned',
		}),
	),
	...(['timestamp', 'snapshot', 'targets'] as const).map(
		(role): Scenario => ({
			name: `${role} by one of the two keys that it needs`,
			steps: [
				(p) => {
					p.nextRoot(() => p.rotate(role, 3, 2));
					p.signers[role] = keysOf(p, role).slice(0, 1);
					p.next();
				},
			],
			end: 'metadata-unsigned',
		}),
	),
	{
		name: 'targets by two of three keys',
		steps: [
			(p) => {
				p.nextRoot(() => p.rotate('targets', 3, 2));
				keysOf(p, 'targets').pop();
				addMain(p);
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'a root that the new keys alone signed',
		steps: [
			nothing,
			(p) => p.nextRoot(() => p.rotate('root', 2, 2), undefined),
			(p) => {
				p.rotate('root', 2, 2);
				p.root['version'] += 1;
				p.publishRoot();
			},
		],
		end: 'metadata-unsigned',
		store: { root: 2 },
	},
	{
		name: 'a root that the old keys alone signed',
		steps: [(p) => ((old) => p.nextRoot(() => p.rotate('root', 2, 2), old))(keysOf(p, 'root'))],
		end: 'metadata-unsigned',
	},
	{
		name: 'a root signed by one of the two old keys that it needs',
		steps: [(p) => ((old) => p.nextRoot(nothing, old))(keysOf(p, 'root').slice(0, 1))],
		end: 'metadata-unsigned',
	},
	{
		name: 'one signature given twice',
		steps: [
			(p) => {
				p.next();
				const doc = JSON.parse(seal(p.targets, keysOf(p, 'targets')).toString());
				doc.signatures.push(doc.signatures[0]);
				replaceTargets(p, Buffer.from(JSON.stringify(doc)));
			},
		],
		end: 'metadata-refused',
	},
	{
		name: 'one key under two names, for a threshold of two',
		steps: [
			(p) => {
				const [key = newKey()] = keysOf(p, 'targets');
				const twin = { ...key, id: 'f'.repeat(64) };
				p.nextRoot(() => p.grant('targets', [key, twin], 2));
				p.signers['targets'] = [key, twin];
				addMain(p);
			},
		],
		target: MAIN,
		end: 'metadata-refused',
		differs: 'tuf-js counts names of keys, not keys: whoever holds one key would fill a threshold of two',
	},
	{
		name: 'a role that names its key twice',
		steps: [(p) => p.nextRoot(() => p.root['roles'].targets.keyids.push(p.root['roles'].targets.keyids[0]))],
		end: 'metadata-refused',
	},
	...[0, -1].map(
		(threshold): Scenario => ({
			name: `a threshold of ${threshold}`,
			steps: [
				(p) =>
					p.nextRoot(() => {
						p.root['roles'].targets.threshold = threshold;
					}),
			],
			end: 'metadata-refused',
		}),
	),
];

/** Serves other bytes as targets, listed as they are. */
function replaceTargets(p: Publisher, bytes: Buffer): void {
	p.putMetadata('targets', p.targets, bytes);
	p.withHashes = false;
	p.snapshot['version'] += 1;
	p.timestamp['version'] += 1;
	p.snapshot['meta']['targets.json'] = { version: p.targets['version'] };
	p.publishSnapshot();
}
