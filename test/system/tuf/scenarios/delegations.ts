/** Delegated roles, honest and not. */
import { newKey, type Publisher } from '../publisher.ts';
import { ago, keysOf, MAIN, nothing, type Scenario } from './scenario.ts';

/** New snapshot and timestamp; the delegated roles stay as they are. */
function bump(p: Publisher): void {
	p.snapshot['version'] += 1;
	p.timestamp['version'] += 1;
	p.publishTargets('targets', p.targets);
	p.publishSnapshot();
}

export const DELEGATED: readonly Scenario[] = [
	{
		name: 'a target of a delegated role',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['channels/*.json'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
		store: { team: 2 },
	},
	{
		name: 'a target outside the delegated paths',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['releases/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'target-missing',
	},
	{
		name: 'a target by the prefix of its hash',
		steps: [
			(p) => {
				const all = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
				p.delegate('team', { path_hash_prefixes: all });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'a target outside the delegated hash prefixes',
		steps: [
			(p) => {
				p.delegate('team', { path_hash_prefixes: ['0000'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'target-missing',
	},
	{
		name: 'a terminating delegation hides the ones behind it',
		steps: [
			(p) => {
				p.delegate('first', { paths: ['*/*'], terminating: true });
				p.delegate('second', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'second');
				p.next();
			},
		],
		target: MAIN,
		end: 'target-missing',
	},
	{
		name: 'one that does not terminate hides nothing',
		steps: [
			(p) => {
				p.delegate('first', { paths: ['*/*'] });
				p.delegate('second', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'second');
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'delegation in a circle',
		steps: [
			(p) => {
				p.delegate('a', { paths: ['*/*'] });
				p.delegate('b', { paths: ['*/*'] }, 'a');
				p.delegate('a', { paths: ['*/*'] }, 'b', keysOf(p, 'a')[0]);
				p.addTarget(MAIN, 'x', 'b');
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'hash bins',
		steps: [
			(p) => {
				p.bins(2);
				for (const bin of Object.keys(p.delegated)) p.addTarget(MAIN, 'x', bin);
				p.next();
			},
		],
		target: MAIN,
		end: 'ok',
	},
	{
		name: 'a target in the wrong bin',
		steps: [
			(p) => {
				p.bins(8);
				p.addTarget(MAIN, 'x', 'bin-00');
				p.next();
			},
		],
		target: MAIN,
		end: 'target-missing',
	},
	...['?', '#', '/role', '../role', 'a b', 'ü'].map(
		(name): Scenario => ({
			name: `a role named ${name}`,
			steps: [
				(p) => {
					p.delegate(name, { paths: ['*/*'] });
					p.addTarget(MAIN, 'x', name);
					p.next();
				},
				nothing,
			],
			target: MAIN,
			end: 'ok',
		}),
	),
	{
		name: 'a delegated role signed by a stranger',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.signers['team'] = [newKey()];
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
		],
		target: MAIN,
		end: 'metadata-unsigned',
	},
	{
		name: 'a delegated role that expired',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.roleOf('team')['expires'] = ago(p);
				p.next();
			},
		],
		target: MAIN,
		end: 'metadata-expired',
	},
	{
		name: 'a delegated role rolled back in the snapshot',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
				p.next();
			},
			(p) => {
				p.next();
				p.roleOf('team')['version'] = 1;
				p.publish();
			},
		],
		target: MAIN,
		end: 'metadata-rolled-back',
	},
	{
		name: 'a delegated role that the snapshot does not list',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
				delete p.snapshot['meta']['team.json'];
				p.publishSnapshot();
			},
		],
		target: MAIN,
		end: 'metadata-refused',
	},
	{
		name: 'a delegation revoked since the role was kept',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.addTarget(MAIN, 'x', 'team');
				p.next();
			},
			(p) => {
				p.targets['delegations'].roles[0].keyids = [newKey().id];
				p.targets['version'] += 1;
				bump(p);
			},
		],
		target: MAIN,
		end: 'metadata-unsigned',
	},
];
