/** Digests and lengths that do not protect. */
import { createHash } from 'node:crypto';
import type { Publisher } from '../publisher.ts';
import { MAIN, type Scenario } from './scenario.ts';

export const WEAK: readonly Scenario[] = [
	...([{}, { md5: '0'.repeat(32) }, { sha1: '0'.repeat(40) }] as const).map((hashes): Scenario => {
		const kinds = Object.keys(hashes).join() || 'no digest';
		return {
			name: `a target with ${kinds}`,
			steps: [
				(p) => {
					p.addTarget(MAIN, 'x');
					p.targets['targets'][MAIN].hashes = hashes;
					p.next();
				},
			],
			end: 'metadata-refused',
			differs:
				'tuf-js takes every digest that Node knows, and none at all: two contents can be made for md5 and sha1',
		};
	}),
	{
		name: 'targets listed with md5 alone',
		steps: [
			(p) => {
				p.next();
				p.snapshot['meta']['targets.json'].hashes = { md5: md5Of(p) };
				p.snapshot['version'] += 1;
				p.timestamp['version'] += 1;
				p.publishSnapshot();
			},
		],
		end: 'metadata-refused',
		differs: 'as above, for metadata',
	},
	...['../../etc/passwd', '/etc/passwd', 'a//b', 'a\\b'].map(
		(path): Scenario => ({
			name: `a target named ${path}`,
			steps: [
				(p) => {
					p.addTarget(path, 'x');
					p.next();
				},
			],
			end: 'metadata-refused',
			differs: 'tuf-js takes any name; ours become paths in mirrors and archives',
		}),
	),
	{
		name: 'a snapshot of 10 GB is announced',
		steps: [
			(p) => {
				p.timestamp['meta']['snapshot.json'].length = 1e10;
				p.timestamp['version'] += 1;
				p.publishTimestamp();
			},
		],
		end: 'metadata-refused',
	},
	{
		name: 'two delegations to one name',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['*/*'] });
				p.delegate('team', { paths: ['*'] });
				p.next();
			},
		],
		end: 'metadata-refused',
	},
	{
		name: 'a delegated pattern with braces',
		steps: [
			(p) => {
				p.delegate('team', { paths: ['{channels,releases}/*'] });
				p.next();
			},
		],
		end: 'metadata-refused',
		differs:
			'tuf-js asks minimatch, which knows more than TUF: braces, negation, comments; other clients delegate nothing there',
	},
	{
		name: 'delegation by names and by bins at once',
		steps: [
			(p) => {
				p.bins(1);
				p.targets['delegations'].roles = [];
				p.next();
			},
		],
		end: 'metadata-refused',
	},
];

function md5Of(p: Publisher): string {
	return createHash('md5')
		.update(p.files.get(`metadata/${p.targets['version']}.targets.json`) ?? new Uint8Array())
		.digest('hex');
}
