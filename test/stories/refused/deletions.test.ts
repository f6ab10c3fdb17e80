/**
 * What a release would delete: v0.5.1 of a real system, installed over 0.4.18, deleted the wallets of its
 * users, because its filters no longer listed them (Citadel contract §3, §8.4).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Facts } from '../../../src/model/base/error.ts';
import { type Box, boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import { bootstrapHook, type CitadelRelease, NO_HOOKS } from '../../box/releases/citadel.ts';

/** 0.4.18 protects the user's chain, channels and index with its filters. */
const V0_4_18: CitadelRelease = {
	version: '0.4.18',
	requires: '*',
	ignore: '/.*\nbitcoin/*\n/db/*\nlnd/*\nstatuses\ntor/*\nelectrs/*\nevents/signals\nlogs/*\napp-data/*\n',
	include: 'bitcoin/bitcoin.conf\ntor/torrc-*\nelectrs/electrs.toml\n',
	files: {
		'bitcoin/bitcoin.conf': 'of 0.4.18\n',
		'lnd/.gitkeep': '',
		'electrs/electrs.toml': 'of 0.4.18\n',
		'tor/.gitkeep': '',
	},
};

/** 0.5.1 no longer lists them. */
const V0_5_1: CitadelRelease = {
	version: '0.5.1',
	requires: '>=0.4.18',
	ignore: '/.*\n/db/*\n/statuses\n/tor/*\n/events/signals\n/logs/*\n/app-data/*\n/repos/*\n',
	include: '/.env\n/tor/torrc-proxy\n',
};

function boxWithWallets(): Box {
	const box = boxForTest(V0_4_18);
	for (const dir of ['bitcoin/blocks', 'lnd/data', 'electrs/db', 'tor'])
		mkdirSync(join(box.root, dir), { recursive: true });
	writeFileSync(join(box.root, 'bitcoin/blocks/blk00000.dat'), 'block');
	writeFileSync(join(box.root, 'lnd/data/channel.db'), 'all my channels');
	writeFileSync(join(box.root, 'electrs/db/index'), 'index');
	return box;
}

describe('0.5.1 on 0.4.18', () => {
	test('is refused with the list of files it would delete', async () => {
		const box = boxWithWallets();
		const before = box.fingerprint();
		box.publish(V0_5_1);
		expectNothingChanged(box, before, await box.updater('update'), { code: 'would-delete', exit: 3 });
		const { facts, hint } = box.change().error ?? { facts: {} as Facts, hint: '' };
		expect(facts['paths']).toEqual(
			expect.arrayContaining(['bitcoin/blocks/blk00000.dat', 'lnd/data/channel.db', 'electrs/db/index']),
		);
		expect(facts['paths']).not.toContain('bitcoin/bitcoin.conf');
		expect(facts['count']).toBe((facts['paths'] as string[]).length);
		expect(hint).toContain('install.allow_delete');
	});

	test('is refused until every deletion is allowed', async () => {
		const box = boxWithWallets();
		box.publish(V0_5_1);
		box.configure('[install]\nallow_delete = ["bitcoin", "electrs/db/"]');
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error?.facts['paths']).toEqual(['lnd/data/channel.db', 'lnd/data/']);
		expect(readFileSync(join(box.root, 'lnd/data/channel.db'), 'utf8')).toBe('all my channels');
	});

	test('is installed when the operator allows the deletions', async () => {
		const box = boxWithWallets();
		box.publish(V0_5_1);
		box.configure('[install]\nallow_delete = ["bitcoin", "electrs", "lnd"]');
		expect((await box.updater('update')).code).toBe(0);
		expect(existsSync(join(box.root, 'lnd'))).toBe(false);
		expect(readFileSync(join(box.root, 'db/user.json'), 'utf8')).toContain('twelve words');
	});

	test('restores everything when it fails after deleting', async () => {
		const box = boxWithWallets();
		const before = box.fingerprint();
		box.publish({ ...V0_5_1, does: { overlaid: '[[ ! -e "$ROOT"/lnd ]] && exit 1' } });
		box.configure('[install]\nallow_delete = ["bitcoin", "electrs", "lnd"]');
		expectNothingChanged(box, before, await box.updater('update'), { code: 'hook-failed', exit: 4 });
	});

	test('does not allow a name that only starts like an allowed one', async () => {
		const box = boxForTest({ version: '1.0.0', requires: '*' });
		writeFileSync(join(box.root, 'lnd-of-mine'), 'mine');
		box.configure('[install]\nallow_delete = ["lnd"]');
		box.publish({ version: '1.1.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error?.facts['paths']).toEqual(['lnd-of-mine']);
	});
});

test('finds names that are hard to list, deletes nothing, and accepts them in allow_delete', async () => {
	const plain = [
		' leading',
		'trailing ',
		'\u2028separator',
		'ünïcode',
		'-rf',
		'--delete',
		'*deleting x',
		'"quoted"',
	];
	const escaped = ['line\nend', 'carriage\rreturn', 'tab\there', '\u001b[2J'];
	const names = [...plain, ...escaped];
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	for (const name of names) writeFileSync(join(box.root, name), 'mine');
	const before = box.fingerprint();
	box.publish({ version: '1.1.0', requires: '*' });
	expectNothingChanged(box, before, await box.updater('update'), { code: 'would-delete', exit: 3 });
	expect(box.change().error?.facts['count']).toBe(names.length);
	for (const name of escaped) rmSync(join(box.root, name));
	box.configure(`[install]\nallow_delete = ${JSON.stringify(plain)}`);
	expect((await box.updater('update')).code).toBe(0);
	expect(plain.filter((name) => existsSync(join(box.root, name)))).toEqual([]);
});

describe('files that a release brought', () => {
	const OLD: CitadelRelease = {
		version: '1.0.0',
		requires: '*',
		files: { 'lib/old.js': 'old\n', 'lib/deep/er.js': 'old\n' },
	};

	test('may be deleted by the next release, even if the first release was installed by hand', async () => {
		const box = boxForTest(OLD);
		box.publish({ version: '1.1.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(0);
		expect(existsSync(join(box.root, 'lib'))).toBe(false);
	});

	test('are unknown when the source no longer has the release, so the update is refused', async () => {
		const box = boxForTest(OLD);
		box.publish({ version: '1.1.0', requires: '*' });
		box.source.git('tag', '--delete', 'v1.0.0');
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'would-delete' });
	});

	test('include files that its hooks created, several releases later too', async () => {
		const box = boxForTest(OLD);
		const makes = 'mkdir -p "$ROOT"/cache/deep; echo made > "$ROOT"/cache/deep/file';
		box.publish({ version: '1.1.0', requires: '*', does: { started: makes } });
		expect((await box.updater('update')).code).toBe(0);
		expect(existsSync(join(box.root, 'cache/deep/file'))).toBe(true);
		const keepsAll =
			'#!/bin/sh\nrsync -a --exclude=/db ../../ "$2"/\ncp ../../service.txt "$2"/logs/service.running\n';
		box.publish({
			version: '1.2.0',
			requires: '*',
			files: { 'scripts/update/01-run.sh': { text: keepsAll, mode: 0o755 } },
		});
		expect((await box.updater('update')).code).toBe(0);
		box.publish({ version: '1.3.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(0);
		expect(existsSync(join(box.root, 'cache'))).toBe(false);
	});

	test('do not include a file of the user next to them', async () => {
		const box = boxForTest(OLD);
		box.publish({ version: '1.1.0', requires: '*', files: OLD.files ?? {} });
		expect((await box.updater('update')).code).toBe(0);
		writeFileSync(join(box.root, 'lib/mine.js'), 'mine');
		box.publish({ version: '1.2.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error?.facts['paths']).toEqual(['lib/mine.js']);
	});

	test('include files that hooks created while staging, from the first update on', async () => {
		const box = boxForTest(OLD);
		mkdirSync(join(box.root, 'nginx'));
		writeFileSync(join(box.root, 'nginx/nginx.conf'), 'generated by an installer of last year\n');
		const makes = { '01': 'mkdir -p "$STAGED"/nginx; echo generated > "$STAGED"/nginx/nginx.conf' };
		box.publish({ version: '1.1.0', requires: '*', does: makes });
		expect((await box.updater('update')).code, 'no release is known to have brought it').toBe(3);
		box.configure('[install]\nallow_delete = ["nginx/nginx.conf", "nginx"]');
		expect((await box.updater('update')).code).toBe(0);
		box.configure('');
		box.publish({ version: '1.2.0', requires: '*', does: makes });
		expect((await box.updater('update')).code).toBe(0);
		expect(readFileSync(join(box.root, 'nginx/nginx.conf'), 'utf8')).toBe('generated\n');
	});

	test('include what .updateinclude names and hooks write again', async () => {
		const box = boxForTest(OLD);
		writeFileSync(join(box.root, 'app-data/torrc-proxy'), 'old');
		const makes = {
			'01': 'cp "$ROOT"/.env "$STAGED"/.env; echo NEW=1 >> "$STAGED"/.env; cp "$ROOT"/app-data/torrc-proxy "$STAGED"/app-data/',
		};
		box.publish({ version: '1.1.0', requires: '*', include: '.env\napp-data/torrc-*\n', does: makes });
		expect((await box.updater('update')).code).toBe(0);
		expect(readFileSync(join(box.root, '.env'), 'utf8')).toBe('SECRET=1\nNEW=1\n');
		expect(readFileSync(join(box.root, 'app-data/shop/orders'), 'utf8')).toBe('order 1\n');
	});

	test('are not checked for a release without filters', async () => {
		const box = boxForTest(OLD);
		writeFileSync(join(box.root, 'mine'), 'mine');
		const keeps =
			'#!/bin/sh\ncp ../../info.json ../../service.txt "$2"/\ncp ../../service.txt "$2"/logs/service.running\n';
		box.publish({
			version: '1.1.0',
			requires: '*',
			files: {
				...NO_HOOKS,
				'scripts/update/.updateignore': undefined,
				'scripts/update/.updateinclude': undefined,
				'scripts/update/01-run.sh': { text: keeps, mode: 0o755 },
			},
		});
		expect((await box.updater('update')).code).toBe(0);
		expect(readFileSync(join(box.root, 'mine'), 'utf8')).toBe('mine');
	});

	test('are checked with the same filters for a single bootstrap hook', async () => {
		const box = boxForTest(OLD);
		writeFileSync(join(box.root, 'mine'), 'mine');
		box.publish({
			version: '1.1.0',
			requires: '*',
			files: { ...NO_HOOKS, 'scripts/update/bootstrap-run.sh': bootstrapHook() },
		});
		expect((await box.updater('update')).code).toBe(3);
		expect(readFileSync(join(box.root, 'mine'), 'utf8')).toBe('mine');
	});
});
