/**
 * Threat 21: hooks gave the staged release away, and who had it for a moment changed what root runs next, or
 * planted where root writes next.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sealStaged } from '../../../src/privileged/updater/stage/seal.ts';
import { openStaging, type Staging } from '../../../src/privileged/updater/stage/staging.ts';
import { boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import { writeFiles } from '../../box/sources/source.ts';
import { scratch } from '../../scratch.ts';
import { asManager, MANAGER, MANAGERS_GROUP } from '../second-user.ts';

const FILES = {
	'info.json': { text: '{}', mode: 0o644 },
	'docker-compose.yml': { text: 'image: good\n', mode: 0o644 },
	'bin/tool': { text: '#!/bin/sh\necho tool\n', mode: 0o755 },
	'scripts/configure': { text: '#!/bin/sh\n. ./lib.sh\n', mode: 0o755 },
	'scripts/lib.sh': { text: 'echo lib\n', mode: 0o644 },
	'scripts/reset': { text: '#!/bin/sh\nrm -rf data\n', mode: 0o755 },
	'scripts/update/01-run.sh': { text: '#!/bin/sh\n../configure\n', mode: 0o755 },
};
const LINKS = { tool: 'bin/tool' };

const execRoot = (line: string) => void execFileSync('sh', ['-c', line]);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

interface Staged {
	readonly dir: string;
	readonly staging: Staging;
	readonly place: string;
	seal(): Promise<void>;
}

/** A release as root staged it, with its manifest in root's own directory. */
function staged(): Staged {
	const dir = scratch();
	const place = join(dir, 'root/.citadel-v1.1.0');
	mkdirSync(place, { recursive: true });
	for (const path of [dir, join(dir, 'root'), place]) chmodSync(path, 0o755);
	const links = Object.fromEntries(Object.entries(LINKS).map(([path, link]) => [path, { link }]));
	writeFiles(place, { ...FILES, ...links });
	const files = Object.entries(FILES).map(([path, { text, mode }]) => ({
		kind: 'file',
		path,
		mode,
		size: text.length,
		sha256: sha256(text),
	}));
	const entries = [
		...files,
		...Object.entries(LINKS).map(([path, target]) => ({ kind: 'link', path, target })),
	];
	mkdirSync(join(dir, 'change'), { mode: 0o700 });
	writeFileSync(join(dir, 'change/manifest.json'), JSON.stringify({ schema: 1, entries }));
	const staging = openStaging(place);
	onTestFinished(() => staging.close());
	return { dir, staging, place, seal: () => sealStaged({ dir: join(dir, 'change') }, staging) };
}

/** What a hook of the field does. */
function giveAway({ dir }: Staged): void {
	execRoot(`chown -R ${MANAGER}:${MANAGERS_GROUP} ${dir}/root`);
}

describe('does not run unsigned contents where another user can write', () => {
	test.each([
		['an executable that a hook runs', 'echo evil >> scripts/configure', 'scripts/configure'],
		['a file that scripts read', 'echo evil >> scripts/lib.sh', 'scripts/lib.sh'],
		['a hook', 'echo evil >> scripts/update/01-run.sh', 'scripts/update/01-run.sh'],
		[
			'another executable of the release under its name',
			'mv scripts/reset scripts/configure',
			'scripts/configure',
		],
		[
			'a link of the release that leads to his own',
			'echo evil > mine; chmod 755 mine; ln -sfn mine tool',
			'tool',
		],
		['all scripts moved away, and a link to them', 'mv scripts ../mine; ln -s ../mine scripts', 'scripts'],
		[
			'the same, and the link stays inside',
			'mv scripts mine; echo evil >> mine/configure; ln -s mine scripts',
			'scripts/configure',
		],
		['a directory moved away, and a link to it', 'mv bin ../bin; ln -s ../bin bin', 'bin'],
	])('%s', async (_, line, path) => {
		const release = staged();
		giveAway(release);
		asManager(`cd ${release.place} && ${line}`);
		await expect(release.seal()).rejects.toMatchObject({
			record: { code: 'content-changed', facts: { path } },
		});
	});

	test('a directory that alone was given away is enough to put another executable there', async () => {
		const release = staged();
		execRoot(`chown ${MANAGER} ${release.place}/scripts`);
		asManager(`cd ${release.place}/scripts && mv reset configure`);
		await expect(release.seal()).rejects.toMatchObject({
			record: { code: 'content-changed', facts: { path: 'scripts/configure' } },
		});
	});
});

describe('refuses files planted where root writes next', () => {
	test.each([
		['a link out', 'ln -s /etc/cron.d/evil .env'],
		['a link out by way of another', 'ln -s scripts/../../../evil .env'],
		['a FIFO', 'mkfifo .env'],
	])('%s', async (_, line) => {
		const release = staged();
		giveAway(release);
		asManager(`cd ${release.place} && ${line}`);
		await expect(release.seal()).rejects.toMatchObject({
			record: { code: 'content-changed', facts: { path: '.env' } },
		});
	});
});

test('keeps what hooks wrote, in new files that no other user holds open or can write', async () => {
	const release = staged();
	execRoot(
		`cd ${release.place} && sed -i s/good/configured/ docker-compose.yml && echo made > .env && ln -s bin/tool made && rm scripts/reset`,
	);
	giveAway(release);
	asManager(`cd ${release.place} && chmod -R a+rwX . && chmod u+s bin/tool`);
	const before = lstatSync(join(release.place, '.env')).ino;
	await release.seal();
	const text = (path: string) => readFileSync(join(release.place, path), 'utf8');
	expect([text('docker-compose.yml'), text('.env'), text('made')]).toEqual([
		'image: configured\n',
		'made\n',
		FILES['bin/tool'].text,
	]);
	expect(existsSync(join(release.place, 'scripts/reset'))).toBe(false);
	expect(lstatSync(join(release.place, '.env')).ino).not.toBe(before);
	const { uid, mode } = lstatSync(join(release.place, 'bin/tool'));
	expect([uid, mode & 0o7777]).toEqual([0, 0o755]);
	expect(() => asManager(`cd ${release.place} && echo x >> .env`)).toThrow();
	expect(() => asManager(`cd ${release.place} && rm .env`)).toThrow();
});

test('leaves files that stayed root’s unchanged, and lets hooks change them', async () => {
	const release = staged();
	await release.seal();
	const paths = [...Object.keys(FILES), ...Object.keys(LINKS)];
	const inodes = () => paths.map((path) => lstatSync(join(release.place, path)).ino);
	const before = inodes();
	execRoot(`echo more >> ${release.place}/scripts/configure`);
	await release.seal();
	expect(inodes()).toEqual(before);
});

test('a hook that was given away and taken back is a new file', async () => {
	const release = staged();
	await release.seal();
	const at = join(release.place, 'scripts/update/01-run.sh');
	const before = lstatSync(at).ino;
	execRoot(`chown ${MANAGER} ${at} && chown 0 ${at}`);
	await release.seal();
	expect(lstatSync(at).ino).not.toBe(before);
});

test('rolls back when hook 00 gives the release away and scripts of 01 are changed meanwhile', async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	const evil = join(box.dir, 'evil');
	const drop = `setpriv --reuid=${MANAGER} --regid=${MANAGERS_GROUP} --clear-groups`;
	box.publish({
		version: '1.1.0',
		requires: '*',
		does: {
			'00': `chmod 755 ${box.dir}\nchown -R ${MANAGER} "$ROOT"\n${drop} sh -c "echo 'touch ${evil}' >> $STAGED/scripts/configure"`,
			'01': '"$STAGED"/scripts/configure',
		},
		files: { 'scripts/configure': { text: '#!/bin/sh\n', mode: 0o755 } },
	});
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update'), { code: 'content-changed', exit: 4 });
	expect(existsSync(evil)).toBe(false);
});
