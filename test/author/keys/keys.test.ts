/** Keys on disk: other programs can read them, other users cannot, and none is overwritten. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePublicKey, publicPem } from '../../../src/author/keys/public-key.ts';
import { makeKey } from '../../../src/author/keys/secret-pem.ts';
import { scratch } from '../../scratch.ts';
import { author, lastingAuthor, PASSPHRASE, SECRET } from '../author.ts';

describe('a secret key', () => {
	test('is read by openssl and Node, and only with its passphrase', () => {
		const directory = scratch();
		const key = makeKey();
		const file = join(directory, 'key.pem');
		writeFileSync(file, key.pem(PASSPHRASE));
		const printed = execFileSync(
			'openssl',
			['pkey', '-in', file, '-passin', `pass:${PASSPHRASE}`, '-pubout'],
			{ encoding: 'utf8' },
		);
		expect(printed).toBe(publicPem(key.publicKey));
		expect(execFileSync('openssl', ['asn1parse', '-in', file], { encoding: 'utf8' })).toMatch(
			/scrypt[\s\S]*aes-256-cbc/,
		);
		const opened = createPrivateKey({ key: key.pem(PASSPHRASE), passphrase: PASSPHRASE });
		const text = Buffer.from('text');
		expect(verify(null, text, createPublicKey(publicPem(key.publicKey)), sign(null, text, opened))).toBe(
			true,
		);
		expect(() => createPrivateKey({ key: key.pem(PASSPHRASE), passphrase: 'another' })).toThrow();
		expect(key.pem(PASSPHRASE)).not.toBe(key.pem(PASSPHRASE));
	});

	test('made by OpenSSL can sign', async () => {
		const who = author();
		execFileSync('openssl', [
			'genpkey',
			'-algorithm',
			'ed25519',
			'-aes256',
			'-pass',
			`pass:${PASSPHRASE}`,
			'-out',
			join(who.directory, 'own.pem'),
		]);
		const publicOne = execFileSync(
			'openssl',
			['pkey', '-in', join(who.directory, 'own.pem'), '-passin', `pass:${PASSPHRASE}`, '-pubout'],
			{
				encoding: 'utf8',
			},
		);
		writeFileSync(join(who.directory, 'own.pub'), publicOne);
		await who.done(['keygen', '--small', '--targets-key', 'own.pub', ...SECRET]);
		await who.done(['build', who.tag('1.0.0'), '--git', 'lamp', '--product', 'lamp']);
		const ran = await who.done(['sign', '--key', 'own.pem', ...SECRET, '--json']);
		expect(ran.json()).toMatchObject({ complete: true });
	});
});

describe('a public key', () => {
	const key = makeKey();

	test('is read from PEM, an OpenSSH line and a minisign file', () => {
		const directory = scratch();
		execFileSync('ssh-keygen', [
			'-q',
			'-t',
			'ed25519',
			'-N',
			'',
			'-C',
			'ada lovelace',
			'-f',
			join(directory, 'id'),
		]);
		const line = readFileSync(join(directory, 'id.pub'), 'utf8');
		const blob = Buffer.from(line.split(' ')[1] ?? '', 'base64');
		expect(parsePublicKey(line)).toEqual({ hex: blob.subarray(-32).toString('hex') });
		expect(parsePublicKey(publicPem(key.publicKey))).toEqual(key.publicKey);
		execFileSync('minisign', ['-G', '-W', '-s', join(directory, 'm.key'), '-p', join(directory, 'm.pub')], {
			stdio: 'ignore',
		});
		const file = readFileSync(join(directory, 'm.pub'), 'utf8');
		const raw = Buffer.from(file.split('\n')[1] ?? '', 'base64');
		expect(parsePublicKey(file)).toEqual({ hex: raw.subarray(-32).toString('hex') });
	});

	test.each([
		['an empty file', ''],
		[
			'a key of another type',
			execFileSync('sh', ['-c', 'openssl genpkey -algorithm x25519 | openssl pkey -pubout'], {
				encoding: 'utf8',
			}),
		],
		['a secret key', key.pem(PASSPHRASE)],
	])('is not found in %s', (_what, text) => {
		expect(parsePublicKey(text)).toBeUndefined();
	});

	test.each([
		['a truncated line', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA'],
		['an RSA line', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7'],
		['a truncated minisign key', 'RWQAAAAAAAAA'],
	])('is rejected in %s', (_what, text) => {
		expect(() => parsePublicKey(text)).toThrow(/cannot use the key/);
	});
});

describe('keygen', () => {
	test('writes secret files that only their owner can read', async () => {
		const who = author();
		const ran = await who.done(['keygen', ...SECRET, '--json']);
		expect(ran.json()).toMatchObject({
			signatures: 3,
			roles: [
				{ role: 'root', threshold: 2, keys: 3 },
				{ role: 'targets', threshold: 2, keys: 2 },
				{ role: 'online', threshold: 1, keys: 1 },
			],
		});
		const keys = join(who.directory, 'keys');
		expect(statSync(keys).mode & 0o777).toBe(0o700);
		for (const name of readdirSync(keys))
			expect([name, statSync(join(keys, name)).mode & 0o777]).toEqual([
				name,
				name.endsWith('.pem') ? 0o600 : 0o644,
			]);
		for (const name of readdirSync(keys).filter((one) => one.endsWith('.pem')))
			expect(readFileSync(join(keys, name), 'utf8')).toContain('ENCRYPTED');
	});

	test('overwrites no key, and makes none if any exists', async () => {
		const who = author();
		await who.done(['keygen', '--only', 'targets-1', ...SECRET]);
		const before = readFileSync(join(who.directory, 'keys/targets-1.pem'));
		expect((await who.release(['keygen', ...SECRET, '--json'])).json()).toMatchObject({
			error: { code: 'would-overwrite' },
		});
		expect(readFileSync(join(who.directory, 'keys/targets-1.pem'))).toEqual(before);
		expect(existsSync(join(who.directory, 'keys/root-1.pem'))).toBe(false);
		await who.done(['keygen', '--keys', 'others', ...SECRET]);
		expect((await who.release(['keygen', '--keys', 'third', ...SECRET, '--json'])).json()).toMatchObject({
			error: { code: 'would-overwrite', message: /first root/ },
		});
	});

	test('accepts existing keys, and waits for their owners to sign', async () => {
		const who = author();
		for (const name of ['ada', 'grace', 'hedy']) await who.done(['keygen', '--only', name, ...SECRET]);
		const all = ['keys/ada.pub', 'keys/grace.pub', 'keys/hedy.pub'];
		const made = await who.done([
			'keygen',
			'--root-key',
			...all,
			'--targets-key',
			...all,
			'--targets-threshold',
			'3',
			...SECRET,
		]);
		expect(made.err).toContain('the root needs 2 more signatures');
		expect(made.out).toContain('targets  3 of 3     ada.pub grace.pub hedy.pub');
		await who.done(['sign', '--key', 'keys/ada.pem', ...SECRET]);
		expect((await who.done(['sign', '--key', 'keys/hedy.pem', ...SECRET, '--json'])).json()).toMatchObject({
			complete: true,
		});
	});

	test.each<[string, readonly string[], RegExp]>([
		[
			'a threshold above the number of keys',
			['--root-threshold', '4'],
			/cannot ask for 4 root keys: there are 3/,
		],
		['a threshold of zero', ['--root-threshold', '0'], /"0" as --root-threshold/],
		['one key twice', ['--targets-key', 'keys/ada.pub', 'keys/ada.pub'], /one key twice for targets/],
		['a name that contains a path', ['--only', '../x'], /as the name of a key/],
		['an invalid duration', ['--expires', 'soon'], /"soon" as --expires/],
		['an empty passphrase', ['--passphrase-file', '/dev/null'], /its first line is empty/],
		['a short passphrase', ['--passphrase-file', 'short'], /less than 8 characters/],
	])('refuses %s', async (_what, words, message) => {
		const who = author();
		await who.done(['keygen', '--only', 'ada', ...SECRET]);
		writeFileSync(join(who.directory, 'short'), 'abc\n');
		const ran = await who.release([
			'keygen',
			'--keys',
			'new',
			...words,
			...(words[0] === '--passphrase-file' ? [] : SECRET),
		]);
		expect(ran).toMatchObject({ exit: 2, out: '' });
		expect(ran.err).toMatch(message);
		expect(existsSync(join(who.directory, 'new'))).toBe(false);
	});

	test('requires a passphrase file if there is no terminal', async () => {
		const ran = await author().release(['keygen', '--json']);
		expect(ran.exit).toBe(2);
		expect(ran.json()).toMatchObject({ error: { code: 'passphrase-needed', hint: /--passphrase-file/ } });
	});

	test('warns of unencrypted keys', async () => {
		const who = author();
		const ran = await who.done(['keygen', '--small', '--plain']);
		expect(ran.err).toContain('WARNING: the new keys are not encrypted');
		expect(readFileSync(join(who.directory, 'keys/root.pem'), 'utf8')).toContain(
			'-----BEGIN PRIVATE KEY-----',
		);
	});
});

describe('sign rejects', () => {
	const first = lastingAuthor();
	beforeAll(async () => {
		await first.done(['keygen', '--small', ...SECRET]);
		await first.done(['build', first.tag('1.0.0'), '--git', 'lamp', '--product', 'lamp']);
		writeFileSync(join(first.directory, 'wrong'), 'not the passphrase\n');
		execFileSync(
			'openssl',
			[
				'genpkey',
				'-algorithm',
				'EC',
				'-pkeyopt',
				'ec_paramgen_curve:P-256',
				'-out',
				join(first.directory, 'ec.pem'),
			],
			{ stdio: 'ignore' },
		);
		writeFileSync(
			join(first.directory, 'torn.pem'),
			'-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
			{ mode: 0o600 },
		);
	});
	afterAll(() => first.remove());

	test.each<[string, readonly string[], string, RegExp]>([
		[
			'a wrong passphrase',
			['--key', 'keys/targets.pem', '--passphrase-file', 'wrong'],
			'key-unusable',
			/passphrase is wrong/,
		],
		['no passphrase', ['--key', 'keys/targets.pem'], 'passphrase-needed', /no terminal/],
		['a missing key file', ['--key', 'keys/none.pem'], 'key-unusable', /no such file/],
		[
			'a public key',
			['--key', 'keys/targets.pub'],
			'key-unusable',
			/keys\/targets\.pub: .*it is a public key/,
		],
		['a key of another curve', ['--key', 'ec.pem'], 'key-unusable', /it is of the kind ec/],
		['a damaged key', ['--key', 'torn.pem'], 'key-unusable', /its PKCS#8 cannot be read/],
		[
			'a key that may sign nothing in the draft',
			['--key', 'keys/online.pem', ...SECRET],
			'key-unusable',
			/nothing in the draft asks/,
		],
		['no key', [], 'usage', /without a key/],
	])('%s', async (_what, words, code, message) => {
		const { error } = (await first.release(['sign', ...words, '--json'])).json() as {
			error: { code: string; message: string };
		};
		expect(error.code).toBe(code);
		expect(error.message).toMatch(message);
	});

	test('a missing draft', async () => {
		expect(await author().release(['sign', '--key', 'x'])).toMatchObject({
			exit: 2,
			err: expect.stringContaining('there is no draft'),
		});
	});
});
