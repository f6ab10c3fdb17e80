/**
 * Threats 1 and 2: git was led astray by what it read from the network, and so its user is the attacker's.
 * That user owns the store; tags must be signed, and nothing else verifies the releases.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Box, boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import { type CitadelRelease, citadelRelease } from '../../box/releases/citadel.ts';
import { addObject, type ObjectType, writeObject } from '../../box/releases/loose-object.ts';
import { FETCHER } from '../../box/sources/fetcher.ts';

const NEXT: CitadelRelease = { version: '1.1.0', requires: '>=1.0.0' };

/** A box whose next release is signed, and looked at already: its objects lie in the store. */
async function lookedAt(): Promise<Box> {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	const [key, allowed, revoked] = ['key', 'allowed', 'revoked'].map((name) => join(box.dir, name)) as [
		string,
		string,
		string,
	];
	execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
	writeFileSync(allowed, `author@example.org namespaces="git" ${readFileSync(`${key}.pub`, 'utf8')}`);
	writeFileSync(revoked, '');
	box.trustIs('unsigned', `git_tags = { allowed_signers = "${allowed}", revoked = "${revoked}" }\n`);
	box.source.publish({ tags: [], files: citadelRelease(NEXT) });
	box.source.git(
		'-c',
		'gpg.format=ssh',
		'-c',
		`user.signingKey=${key}`,
		'tag',
		'--force',
		'-s',
		'-m',
		'signed',
		'v1.1.0',
		'main',
	);
	expect((await box.updater('check')).code).toBe(0);
	// Each object in a file of its own, which is exchanged more easily than a part of a pack.
	asFetcher(
		box,
		`mkdir objects/apart; mv objects/pack/* objects/apart
		for pack in objects/apart/*.pack; do git --git-dir=. unpack-objects -q <"$pack"; done; rm -rf objects/apart`,
	);
	return box;
}

/** What the user who owns the store does to it. */
function asFetcher(box: Box, line: string): void {
	const drop = [`--reuid=${FETCHER.uid}`, `--regid=${FETCHER.gid}`, '--clear-groups'];
	execFileSync('setpriv', [...drop, 'sh', '-ec', line], {
		cwd: box.layout.store,
		stdio: ['ignore', 'ignore', 'pipe'],
	});
}

const inSource = (box: Box, name: string) => box.source.git('rev-parse', name).trim();

/** The signed release, but for a hook of the attacker's. */
function plantHook(box: Box, ran: string): { readonly hook: Buffer; readonly id: string } {
	const hook = Buffer.from(`#!/bin/sh\ntouch ${ran}\n`);
	return { hook, id: addObject(box.layout.store, 'blob', hook) };
}

/** The tree of the hooks, with the attacker's in it. */
function treeOfHooks(box: Box, evil: string): Buffer {
	const lines = box.source
		.git('ls-tree', '-z', 'main:scripts/update')
		.split('\0')
		.filter((line) => line !== '');
	return Buffer.concat(
		lines.flatMap((line) => {
			const [, mode = '', id = '', name = ''] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(line) ?? [];
			return [Buffer.from(`${mode} ${name}\0`), Buffer.from(name === '00-run.sh' ? evil : id, 'hex')];
		}),
	);
}

test('installs only signed objects from the store, or nothing', { timeout: 120_000 }, async () => {
	const box = await lookedAt();
	const ran = join(box.dir, 'ran');
	const exchange = (id: string, type: ObjectType, bytes: Buffer) => {
		writeObject(box.layout.store, id, type, bytes);
		asFetcher(box, `test -r objects/${id.slice(0, 2)}/${id.slice(2)}`);
	};
	const { hook, id } = plantHook(box, ran);
	const genuine = inSource(box, 'main:scripts/update/00-run.sh');
	const hooks = inSource(box, 'main:scripts/update');
	const kept = {
		blob: execFileSync('git', ['-C', box.source.dir, 'cat-file', 'blob', genuine]),
		tree: execFileSync('git', ['-C', box.source.dir, 'cat-file', 'tree', hooks]),
		tag: execFileSync('git', ['-C', box.source.dir, 'cat-file', 'tag', 'v1.1.0']),
	};
	const sameLength = Buffer.concat([
		hook,
		Buffer.alloc(Math.max(0, kept.blob.length - hook.length), '#'),
	]).subarray(0, kept.blob.length);
	const tag = inSource(box, 'v1.1.0');
	const evilTag = Buffer.from(kept.tag.toString('latin1').replace('signed', 'forged'), 'latin1');
	for (const [code, exit, now, later] of [
		[
			'state-damaged',
			1,
			() => exchange(genuine, 'blob', sameLength),
			() => exchange(genuine, 'blob', kept.blob),
		],
		[
			'state-damaged',
			7,
			() => exchange(hooks, 'tree', treeOfHooks(box, id)),
			() => exchange(hooks, 'tree', kept.tree),
		],
		['source-refused', 3, () => exchange(tag, 'tag', evilTag), () => exchange(tag, 'tag', kept.tag)],
	] as const) {
		const before = box.fingerprint();
		now();
		const end = await box.updater('update', '{"retry": true}');
		expectNothingChanged(box, before, end, { code, exit });
		expect(existsSync(ran)).toBe(false);
		later();
	}
	expect((await box.updater('update', '{"retry": true}')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
});

test('recreates a store with foreign contents, and installs the signed release', async () => {
	const box = await lookedAt();
	const ran = join(box.dir, 'ran');
	mkdirSync(join(box.dir, 'for-all'));
	execFileSync('chmod', ['1777', join(box.dir, 'for-all')]);
	const mark = `touch ${box.dir}/for-all/$(id -u)`;
	asFetcher(
		box,
		`git --git-dir=. config core.sshCommand '${mark}'; git --git-dir=. config uploadpack.packObjectsHook '${mark}'
		git --git-dir=. config core.alternateRefsCommand '${mark}'; git --git-dir=. config gpg.ssh.program /bin/true
		mkdir hooks; printf '#!/bin/sh\\n${mark}\\n' > hooks/reference-transaction; chmod +x hooks/reference-transaction
		mkdir -p info refs/replace; echo '* filter=evil' > info/attributes; echo /srv > objects/info/alternates`,
	);
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
	expect(existsSync(ran)).toBe(false);
	expect(execFileSync('ls', [join(box.dir, 'for-all')], { encoding: 'utf8' })).toBe('');
	expect(existsSync(join(box.layout.store, 'hooks'))).toBe(false);
	const open = readdirSync(box.state).filter(
		(name) => name !== 'store.git' && (lstatSync(join(box.state, name)).mode & 0o077) !== 0,
	);
	expect(open, 'what this user, who passes through to the store, could read besides').toEqual([]);
});
