/** Metadata of different publications mixed. */
import { addMain, MAIN, nothing, remove, type Scenario, spoil } from './scenario.ts';

export const MIXED: readonly Scenario[] = [
	{
		name: 'the snapshot of another day',
		steps: [
			(p) => {
				p.next();
				p.put('metadata/2.snapshot.json', p.files.get('metadata/1.snapshot.json') ?? new Uint8Array());
			},
		],
		end: 'metadata-mismatch',
		store: { timestamp: 2 },
	},
	{
		name: 'the targets of another day, listed without digests',
		steps: [
			(p) => {
				p.withHashes = false;
				p.next();
				p.put('metadata/2.targets.json', p.files.get('metadata/1.targets.json') ?? new Uint8Array());
			},
		],
		end: 'metadata-mismatch',
	},
	{
		name: 'the snapshot of another day, listed without digests',
		steps: [
			(p) => {
				p.withHashes = false;
				p.next();
				p.put('metadata/2.snapshot.json', p.files.get('metadata/1.snapshot.json') ?? new Uint8Array());
			},
		],
		end: 'metadata-mismatch',
	},
	{
		name: 'targets served as snapshot',
		steps: [
			(p) => {
				p.next();
				p.put('metadata/2.snapshot.json', p.files.get('metadata/2.targets.json') ?? new Uint8Array());
				p.withHashes = false;
				p.publishTimestamp();
			},
		],
		end: 'metadata-mismatch',
	},
	{
		name: 'a target with other bytes',
		steps: [addMain, (p) => spoil(p, 'targets/channels/', () => Buffer.from('{"schema":1,"tag":"v0.0.1"}'))],
		target: MAIN,
		end: 'metadata-mismatch',
	},
	{
		name: 'a target that is shorter',
		steps: [addMain, (p) => spoil(p, 'targets/channels/', (bytes) => bytes.subarray(1))],
		target: MAIN,
		end: 'metadata-mismatch',
	},
	{
		name: 'a timestamp longer than they may be',
		steps: [
			addMain,
			(p) => spoil(p, 'metadata/timestamp', (bytes) => Buffer.concat([bytes, Buffer.alloc(20_000, ' ')])),
		],
		end: 'metadata-mismatch',
	},
	{
		name: 'a target that never ends',
		steps: [addMain, (p) => spoil(p, 'targets/channels/', () => Buffer.alloc(1_000_000))],
		target: MAIN,
		end: 'metadata-mismatch',
	},
	{
		name: 'a target that is not there',
		steps: [addMain, (p) => remove(p, 'targets/channels/')],
		target: MAIN,
		end: 'metadata-missing',
	},
	{ name: 'a target that nobody listed', steps: [nothing], target: MAIN, end: 'target-missing' },
];
