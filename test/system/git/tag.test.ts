/**
 * Signed tags with the real git and ssh-keygen: every way in which a tag that git accepts is not the
 * requested one.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Tag } from '../../../src/model/release/tag.ts';
import type { GitRemote } from '../../../src/system/git/command.ts';
import { fetchRef } from '../../../src/system/git/remote.ts';
import { makeStore } from '../../../src/system/git/store-directory.ts';
import { type TagKeys, verifySignedTag } from '../../../src/system/git/tag.ts';
import { accountForTest } from '../../box/sources/fetcher.ts';
import { scratch } from '../../scratch.ts';

const TAG = 'v1.2.3' as Tag;

class Box {
	readonly dir = scratch();
	readonly keys: TagKeys = { allowedSigners: join(this.dir, 'allowed'), revoked: join(this.dir, 'revoked') };
	readonly commit: string;

	constructor() {
		for (const name of ['good', 'evil'])
			this.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(this.dir, name));
		writeFileSync(this.keys.revoked, '');
		this.allow('namespaces="git"');
		mkdirSync(join(this.dir, 'source'));
		this.git('init', '-q', '-b', 'main', '.');
		writeFileSync(join(this.dir, 'source/info.json'), '{}');
		this.git('add', '.');
		this.git('commit', '-q', '-m', 'one');
		this.commit = this.git('rev-parse', 'HEAD').trim();
	}

	allow(options: string, name = 'good'): void {
		writeFileSync(
			this.keys.allowedSigners,
			`me@example.org ${options} ${readFileSync(join(this.dir, `${name}.pub`), 'utf8')}`,
		);
	}

	/** Signs a tag with a key, as authors do. */
	tag(name: string, key = 'good', ...more: readonly string[]): string {
		return this.git(
			'-c',
			'gpg.format=ssh',
			'-c',
			`user.signingKey=${join(this.dir, key)}`,
			'tag',
			'-s',
			'-m',
			'a release',
			name,
			...more,
		);
	}

	git(...args: readonly string[]): string {
		return this.run(
			'git',
			'-C',
			join(this.dir, 'source'),
			'-c',
			'user.name=me',
			'-c',
			'user.email=me@example.org',
			...args,
		);
	}

	run(program: string, ...args: readonly string[]): string {
		const env = { PATH: '/usr/bin:/bin', HOME: this.dir, LC_ALL: 'C', ...this.date };
		const ended = spawnSync(program, args, { env, input: this.input, encoding: 'utf8', timeout: 60_000 });
		if (ended.status !== 0) throw ended.error ?? new Error(`${program} ${args.join(' ')}: ${ended.stderr}`);
		return ended.stdout;
	}

	date: Readonly<Record<string, string>> = {};
	input = '';

	/** Fetches the tag as the updater does, and verifies it. */
	async verify(tag = TAG): Promise<string> {
		const store = join(this.dir, 'state/store.git');
		const url = join(this.dir, 'source');
		const remote: GitRemote = {
			store,
			url,
			path: ['/usr/bin', '/bin'],
			timeout: 60_000,
			clock: () => 'set',
			account: accountForTest,
		};
		chmodSync(this.dir, 0o711);
		mkdirSync(dirname(store), { recursive: true });
		await makeStore(remote);
		await fetchRef(remote, `refs/tags/${tag}`, `refs/signalbox/${tag}`, () => undefined);
		return await verifySignedTag(remote, `refs/signalbox/${tag}`, tag, this.keys);
	}

	revoke(name: string): void {
		appendFileSync(this.keys.revoked, readFileSync(join(this.dir, `${name}.pub`)));
	}
}

test('returns the commit of a tag signed by an allowed key', async () => {
	const box = new Box();
	box.tag(TAG);
	expect(await box.verify()).toBe(box.commit);
});

test.each<[string, string, string, (box: Box) => void]>([
	['a lightweight tag', 'signature-missing', 'cannot be signed', (box) => box.git('tag', TAG)],
	[
		'an annotated tag without a signature',
		'signature-invalid',
		'no key that is allowed',
		(box) => box.git('tag', '-a', '-m', 'x', TAG),
	],
	[
		'a tag signed by a key that is not allowed',
		'signature-invalid',
		'no key that is allowed',
		(box) => box.tag(TAG, 'evil'),
	],
	[
		'a tag signed by a key that is allowed for other purposes',
		'signature-invalid',
		'no key that is allowed',
		(box) => {
			box.allow('namespaces="signalbox-release"');
			box.tag(TAG);
		},
	],
	[
		'a tag signed by a revoked key',
		'signature-invalid',
		'no key that is allowed and not revoked',
		(box) => {
			box.tag(TAG);
			box.revoke('good');
		},
	],
	[
		'a tag signed by a key in a key revocation list',
		'signature-invalid',
		'no key that is allowed and not revoked',
		(box) => {
			box.tag(TAG);
			box.run('ssh-keygen', '-q', '-k', '-f', box.keys.revoked, join(box.dir, 'good.pub'));
		},
	],
	[
		'a tag signed by an expired key',
		'signature-invalid',
		'no key that is allowed',
		(box) => {
			box.allow('namespaces="git",valid-before="20200101"');
			box.tag(TAG);
		},
	],
	[
		'a back-dated tag signed by an expired and revoked key',
		'signature-invalid',
		'no key that is allowed and not revoked',
		(box) => {
			box.allow('namespaces="git",valid-before="20200101"');
			box.date = { GIT_COMMITTER_DATE: '2019-06-01T00:00:00Z' };
			box.tag(TAG);
			box.revoke('good');
		},
	],
	[
		'an older signed tag under this name',
		'signature-invalid',
		'it is the signed tag "v1.0.0" under another name',
		(box) => {
			box.tag('v1.0.0');
			box.git('update-ref', `refs/tags/${TAG}`, 'refs/tags/v1.0.0');
		},
	],
	[
		'a tag of a tag',
		'signature-invalid',
		'it names no commit but a tag',
		(box) => {
			box.tag('v1.0.0');
			box.tag(TAG, 'good', 'v1.0.0');
		},
	],
	[
		'a tag of a tree',
		'signature-invalid',
		'it names no commit but a tree',
		(box) => {
			box.tag(TAG, 'good', 'HEAD^{tree}');
		},
	],
	[
		'a signed tag whose commit was replaced',
		'signature-invalid',
		'no key that is allowed',
		(box) => {
			box.tag(TAG);
			box.git('commit', '-q', '--allow-empty', '-m', 'evil');
			const evil = box.git('rev-parse', 'HEAD').trim();
			box.input = box.git('cat-file', 'tag', TAG).replace(box.commit, evil);
			const forged = box.git('hash-object', '-t', 'tag', '-w', '--stdin').trim();
			box.git('update-ref', `refs/tags/${TAG}`, forged);
		},
	],
	[
		'a tag with a PGP signature',
		'signature-invalid',
		'no key that is allowed',
		(box) => {
			box.input = `object ${box.commit}\ntype commit\ntag ${TAG}\ntagger me <me@example.org> 1700000000 +0000\n\na release\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n`;
			const forged = box.git('hash-object', '-t', 'tag', '-w', '--stdin').trim();
			box.git('update-ref', `refs/tags/${TAG}`, forged);
		},
	],
	[
		'an empty list of allowed keys',
		'signature-invalid',
		'no key that is allowed',
		(box) => {
			box.tag(TAG);
			writeFileSync(box.keys.allowedSigners, '');
		},
	],
	[
		'a missing list of revoked keys',
		'config-unsafe',
		'is not there',
		(box) => {
			box.tag(TAG);
			rmSync(box.keys.revoked);
		},
	],
	[
		'a missing list of allowed keys',
		'config-unsafe',
		'is not there',
		(box) => {
			box.tag(TAG);
			rmSync(box.keys.allowedSigners);
		},
	],
	[
		'a list of revoked keys that other users can write',
		'config-unsafe',
		'can be written by other users',
		(box) => {
			box.tag(TAG);
			chmodSync(box.keys.revoked, 0o666);
		},
	],
	[
		'a list of revoked keys in an invalid format',
		'signature-invalid',
		'no key that is allowed and not revoked',
		(box) => {
			box.tag(TAG);
			writeFileSync(box.keys.revoked, 'this is no key\n');
		},
	],
])('refuses %s', async (_what, code, why, prepare) => {
	const box = new Box();
	prepare(box);
	await expect(box.verify()).rejects.toMatchObject({
		message: expect.stringContaining(why),
		record: { code },
	});
});

test('git itself accepts a back-dated tag of an expired key: only the revocation list prevents it', async () => {
	const box = new Box();
	box.allow('namespaces="git",valid-before="20200101"');
	box.date = { GIT_COMMITTER_DATE: '2019-06-01T00:00:00Z' };
	box.tag(TAG);
	expect(await box.verify()).toBe(box.commit);
});

test('keeps git’s output for the log', async () => {
	const box = new Box();
	box.tag(TAG, 'evil');
	await expect(box.verify()).rejects.toMatchObject({
		record: { facts: { tag: TAG, git: expect.stringContaining('No principal matched') } },
	});
});
