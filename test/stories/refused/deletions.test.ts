/**
 * What a release would delete: v0.5.1 of a real system, put onto 0.4.18, took the wallets of its users with it, because its
 * filters no longer listed them (Citadel contract §3, §8.4).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Facts } from '../../../src/model/base/error.ts';
import { type Box, boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import { bootstrapHook, type CitadelRelease, NO_HOOKS } from '../../box/releases/citadel.ts';

/** 0.4.18 keeps the user's chain, channels and index out of the release's reach. */
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

/** 0.5.1 lists them no more. */
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
	test('is refused, with the list of what it would delete', async () => {
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

	test('is refused as long as one of its victims is not allowed', async () => {
		const box = boxWithWallets();
		box.publish(V0_5_1);
		box.configure('[install]\nallow_delete = ["bitcoin", "electrs/db/"]');
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error?.facts['paths']).toEqual(['lnd/data/channel.db', 'lnd/data/']);
		expect(readFileSync(join(box.root, 'lnd/data/channel.db'), 'utf8')).toBe('all my channels');
	});

	test('is installed when the operator says what may go', async () => {
		const box = boxWithWallets();
		box.publish(V0_5_1);
		box.configure('[install]\nallow_delete = ["bitcoin", "electrs", "lnd"]');
		expect((await box.updater('update')).code).toBe(0);
		expect(existsSync(join(box.root, 'lnd'))).toBe(false);
		expect(readFileSync(join(box.root, 'db/user.json'), 'utf8')).toContain('twelve words');
	});

	test('that fails after it deleted them: all of it is back', async () => {
		const box = boxWithWallets();
		const before = box.fingerprint();
		box.publish({ ...V0_5_1, does: { overlaid: '[[ ! -e "$ROOT"/lnd ]] && exit 1' } });
		box.configure('[install]\nallow_delete = ["bitcoin", "electrs", "lnd"]');
		expectNothingChanged(box, before, await box.updater('update'), { code: 'hook-failed', exit: 4 });
	});

	test('a name that only begins like an allowed one is not allowed', async () => {
		const box = boxForTest({ version: '1.0.0', requires: '*' });
		writeFileSync(join(box.root, 'lnd-of-mine'), 'mine');
		box.configure('[install]\nallow_delete = ["lnd"]');
		box.publish({ version: '1.1.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error?.facts['paths']).toEqual(['lnd-of-mine']);
	});
});

test('names that are hard to list are all found, nothing is deleted, and they can be allowed', async () => {
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

describe('what a release brought', () => {
	const OLD: CitadelRelease = {
		version: '1.0.0',
		requires: '*',
		files: { 'lib/old.js': 'old\n', 'lib/deep/er.js': 'old\n' },
	};

	test('the next one may delete, the first release of a box too, whose source still has it', async () => {
		const box = boxForTest(OLD);
		box.publish({ version: '1.1.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(0);
		expect(existsSync(join(box.root, 'lib'))).toBe(false);
	});

	test('is not known when the source no longer has it: then it is asked', async () => {
		const box = boxForTest(OLD);
		box.publish({ version: '1.1.0', requires: '*' });
		box.source.git('tag', '--delete', 'v1.0.0');
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error).toMatchObject({ code: 'would-delete' });
	});

	test('may be deleted when its hooks made it, releases later too', async () => {
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

	test('does not make a file of the user’s beside it fair game', async () => {
		const box = boxForTest(OLD);
		box.publish({ version: '1.1.0', requires: '*', files: OLD.files ?? {} });
		expect((await box.updater('update')).code).toBe(0);
		writeFileSync(join(box.root, 'lib/mine.js'), 'mine');
		box.publish({ version: '1.2.0', requires: '*' });
		expect((await box.updater('update')).code).toBe(3);
		expect(box.change().error?.facts['paths']).toEqual(['lib/mine.js']);
	});

	test('and its hooks made while it was staged is known from the first update on', async () => {
		const box = boxForTest(OLD);
		mkdirSync(join(box.root, 'nginx'));
		writeFileSync(join(box.root, 'nginx/nginx.conf'), 'generated by an installer of last year\n');
		const makes = { '01': 'mkdir -p "$STAGED"/nginx; echo generated > "$STAGED"/nginx/nginx.conf' };
		box.publish({ version: '1.1.0', requires: '*', does: makes });
		expect((await box.updater('update')).code, 'nobody knows whose it is').toBe(3);
		box.configure('[install]\nallow_delete = ["nginx/nginx.conf", "nginx"]');
		expect((await box.updater('update')).code).toBe(0);
		box.configure('');
		box.publish({ version: '1.2.0', requires: '*', does: makes });
		expect((await box.updater('update')).code).toBe(0);
		expect(readFileSync(join(box.root, 'nginx/nginx.conf'), 'utf8')).toBe('generated\n');
	});

	test('and what its .updateinclude names, which its hooks write anew, is its own', async () => {
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

	test('nothing is asked of a release without filters: its hooks delete only what they name', async () => {
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

	test('the single hook of later releases deletes by the same filters', async () => {
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
