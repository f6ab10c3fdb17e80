/**
 * Releases with detached signatures by OpenSSH and minisign keys, checked by those tools and by boxes that
 * pin the keys.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Author, author, PASSPHRASE, SECRET } from './author.ts';

const MANIFEST = 'published/releases/v1.0.0/signalbox-manifest.json';

function sshKey(who: Author, name: string): string {
	execFileSync('ssh-keygen', [
		'-q',
		'-t',
		'ed25519',
		'-a',
		'4',
		'-N',
		PASSPHRASE,
		'-C',
		name,
		'-f',
		join(who.directory, name),
	]);
	return readFileSync(join(who.directory, `${name}.pub`), 'utf8').trim();
}

function minisignKey(who: Author, name: string): string {
	const [secret, publicOne] = [join(who.directory, `${name}.key`), join(who.directory, `${name}.pub`)];
	execFileSync('minisign', ['-G', '-W', '-s', secret, '-p', publicOne], { stdio: 'ignore' });
	return readFileSync(publicOne, 'utf8').trim().split('\n').at(-1) ?? '';
}

const build = (who: Author) => who.done(['build', who.tag('1.0.0'), '--git', 'lamp', '--product', 'lamp']);
const signatures = (who: Author) => readdirSync(join(who.directory, 'published/releases/v1.0.0/signatures'));

describe('a project without a root', { timeout: 300_000 }, () => {
	test('signs with OpenSSH keys, as ssh-keygen and boxes confirm', async () => {
		const who = author();
		const [ada, grace] = [sshKey(who, 'ada'), sshKey(who, 'grace')];
		await build(who);
		const bare = await who.release(['publish', '--json']);
		expect(bare.json()).toMatchObject({
			error: { code: 'signature-missing', facts: { missing: ['v1.0.0'] } },
		});
		await who.done(['sign', '--key', 'ada', ...SECRET]);
		await who.done(['sign', '--key', 'grace', ...SECRET]);
		await who.done(['publish']);
		expect(signatures(who)).toHaveLength(2);
		expect(existsSync(join(who.directory, 'published/metadata'))).toBe(false);

		writeFileSync(join(who.directory, 'allowed'), `ada@example.org ${ada}\n`);
		const said = signatures(who).map((name) => {
			const verify = [
				'-Y',
				'verify',
				'-f',
				join(who.directory, 'allowed'),
				'-I',
				'ada@example.org',
				'-n',
				'signalbox-release',
				'-s',
			];
			const input = readFileSync(join(who.directory, MANIFEST));
			try {
				return execFileSync(
					'ssh-keygen',
					[...verify, join(who.directory, 'published/releases/v1.0.0/signatures', name)],
					{
						input,
						encoding: 'utf8',
						stdio: 'pipe',
					},
				);
			} catch {
				return 'not ada';
			}
		});
		expect(said.sort()).toEqual(
			[expect.stringContaining('Good "signalbox-release" signature for ada@example.org'), 'not ada'].sort(),
		);

		const right = await who.done(['verify', '--pin', ada, 'grace.pub', '--threshold', '2', '--json']);
		expect(right.json()).toMatchObject({ releases: [{ tag: 'v1.0.0', files: 11, faults: [] }] });
		const unknown = sshKey(who, 'joan');
		const wrong = await who.release(['verify', '--pin', unknown, grace, '--threshold', '2', '--json']);
		expect(wrong.json()).toMatchObject({
			error: { code: 'not-verified', facts: { faults: [expect.stringMatching(/1 of the 2 signatures/)] } },
		});
	});

	test('signs with minisign keys, as minisign and boxes confirm', async () => {
		const who = author();
		const line = minisignKey(who, 'ada');
		await build(who);
		await who.done(['sign', '--key', 'ada.key']);
		await who.done(['publish']);
		const [name = ''] = signatures(who);
		expect(name).toMatch(/^[0-9A-F]{16}\.minisig$/);
		const verify = ['-V', '-p', join(who.directory, 'ada.pub'), '-m', join(who.directory, MANIFEST)];
		const said = execFileSync(
			'minisign',
			[...verify, '-x', join(who.directory, 'published/releases/v1.0.0/signatures', name)],
			{
				encoding: 'utf8',
			},
		);
		expect(said).toContain('Trusted comment: signalbox release v1.0.0');
		expect((await who.done(['verify', '--pin', line])).out).toContain('release v1.0.0: valid, 11 files');
		writeFileSync(join(who.directory, MANIFEST), `${readFileSync(join(who.directory, MANIFEST), 'utf8')} `);
		expect(await who.release(['verify', '--pin', line])).toMatchObject({
			exit: 3,
			err: expect.stringContaining('is not of this manifest'),
		});
	});

	test('signs with a PKCS#8 key in the requested format', async () => {
		const who = author();
		await who.done(['keygen', '--only', 'ada', ...SECRET]);
		await build(who);
		expect(await who.release(['sign', '--key', 'keys/ada.pem', ...SECRET])).toMatchObject({
			exit: 2,
			err: expect.stringContaining('--detached minisign or --detached ssh'),
		});
		await who.done(['sign', '--key', 'keys/ada.pem', ...SECRET, '--detached', 'minisign', 'ssh']);
		await who.done(['publish']);
		expect(signatures(who).map((name) => name.replace(/^[^.]*/, ''))).toEqual(
			expect.arrayContaining(['.minisig', '.sig']),
		);
	});

	test('withdraws a release', async () => {
		const who = author();
		const line = sshKey(who, 'ada');
		await build(who);
		await who.done(['sign', '--key', 'ada', ...SECRET]);
		await who.done(['publish']);
		expect(await who.release(['revoke', '--minimum-safe', '1.0.0'])).toMatchObject({
			exit: 2,
			err: expect.stringContaining('.release.json'),
		});
		await who.done(['revoke', 'v1.0.0']);
		await who.done(['publish']);
		expect(existsSync(join(who.directory, 'published/releases/v1.0.0'))).toBe(false);
		expect((await who.done(['verify', '--pin', line, '--json'])).json()).toMatchObject({ releases: [] });
	});
});

test('signs roles with OpenSSH keys under a root, and manifests on request', {
	timeout: 300_000,
}, async () => {
	const who = author();
	sshKey(who, 'ada');
	await who.done(['keygen', '--small', '--targets-key', 'ada.pub', ...SECRET]);
	await build(who);
	const ran = await who.done(['sign', '--key', 'ada', '--detached', 'ssh', ...SECRET, '--json']);
	expect(ran.json()).toMatchObject({
		complete: true,
		signed: [
			{ what: 'targets 1' },
			{ what: expect.stringMatching(/^releases\/v1\.0\.0\/signatures\/[0-9a-f]{64}\.sig$/) },
		],
	});
	await who.done(['publish', '--key', 'keys/online.pem', ...SECRET]);
	expect(signatures(who)).toHaveLength(1);
	for (const words of [['--pin', 'ada.pub'], []])
		expect((await who.done(['verify', ...words, '--json'])).json()).toMatchObject({
			releases: [{ faults: [] }],
		});
});

test.each<[string, readonly string[], RegExp]>([
	['an unknown signature format', ['sign', '--key', 'x', '--detached', 'pgp'], /"pgp" as --detached/],
	[
		'a threshold above the number of keys',
		['verify', '--pin', 'ada.pub', '--threshold', '2'],
		/2 signatures of 1 keys/,
	],
	['a missing key file', ['verify', '--pin', 'none.pub'], /cannot pin none\.pub/],
	['a missing repository', ['verify', 'lamp', '--pin', 'ada.pub'], /there is no index\.json/],
])('refuses %s', async (_what, words, message) => {
	const who = author();
	sshKey(who, 'ada');
	rmSync(join(who.directory, 'ada'));
	const ran = await who.release(words);
	expect(ran).toMatchObject({ exit: 2, out: '' });
	expect(ran.err).toMatch(message);
});
