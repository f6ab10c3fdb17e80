/**
 * Sources that cannot be reached, hang, or contain an invalid release: the error has a code, and nothing is
 * changed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Box, boxForTest } from '../../box/box.ts';
import { expectGoodUpdateWorks, expectNothingChanged, type Refusal } from '../../box/expect.ts';
import { citadelRelease } from '../../box/releases/citadel.ts';
import { DEAF_PORT, gitServer, silentServer } from '../../box/sources/servers.ts';
import { until } from '../../until.ts';

const OLD = { version: '1.0.0', requires: '*' };
const NEW = { version: '1.1.0', requires: '>=1.0.0' };

function boxWithNew(): Box {
	const box = boxForTest(OLD);
	box.publish(NEW);
	return box;
}

async function expectUpdateRefused(box: Box, refusal: Refusal): Promise<void> {
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update'), refusal);
}

async function expectUpdated(box: Box): Promise<void> {
	const end = await box.updater('update');
	expect({ exit: end.code, stderr: end.stderr, version: box.version() }).toEqual({
		exit: 0,
		stderr: '',
		version: '1.1.0',
	});
}

async function planned(box: Box): Promise<unknown> {
	return JSON.parse((await box.updater('check')).stdout);
}

describe('a good source', () => {
	test('can be read over HTTP', async () => {
		const box = boxWithNew();
		box.sourceIs({ url: (await gitServer(box.source.dir)).url });
		await expectUpdated(box);
	});

	test('can be an absolute path and announce releases by a tag', async () => {
		const box = boxWithNew();
		box.source.git('tag', 'stable');
		box.source.publish({ tags: [], files: citadelRelease({ version: '3.0.0', requires: '*' }) });
		box.sourceIs({ url: box.source.dir, channel: 'stable' });
		expect(await planned(box)).toMatchObject({ newest: '1.1.0', path: [{ tag: 'v1.1.0' }], reason: null });
	});

	test('may use tags without a v, and tags of tags', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW, '1.1.0-inner');
		box.source.git('tag', '-a', '-m', 'outer', '1.1.0', '1.1.0-inner');
		await expectUpdated(box);
		expect(box.history()[0]).toMatchObject({ to: '1.1.0' });
	});

	test('may contain unrelated tags', async () => {
		const box = boxWithNew();
		const blob = box.source.git('hash-object', '-w', '--', join(box.source.dir, 'info.json')).trim();
		box.source.git('tag', 'v1.0.5', blob);
		box.source.git('tag', 'v1.0.6', 'HEAD^{tree}');
		box.source.git('update-ref', 'refs/tags/--upload-pack=x', 'HEAD');
		box.publish({ version: '1.2.0', requires: '>=1.0.5' });
		expect(await planned(box)).toMatchObject({ path: [{ tag: 'v1.1.0' }, { tag: 'v1.2.0' }], reason: null });
	});
});

describe('an unreadable source', () => {
	// More failures, and URLs that try to execute something: test/sources/git/git.test.ts,
	// test/system/git/git.test.ts.
	test('is refused while no server listens, and works once one does', async () => {
		const box = boxWithNew();
		box.sourceIs({ url: `http://127.0.0.1:${DEAF_PORT}/core.git` });
		await expectUpdateRefused(box, { code: 'source-unreachable', exit: 1 });
		box.sourceIs({ url: `file://${box.source.dir}` });
		await expectUpdated(box);
	});

	test('times out when the server never answers', async () => {
		const box = boxWithNew();
		box.sourceIs({ url: `http://127.0.0.1:${await silentServer()}/core.git`, timeout: '500ms' });
		await expectUpdateRefused(box, { code: 'source-timeout', exit: 1 });
	});

	test('recovers from leftovers of a git that was killed while it received a pack', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { noise: Array.from({ length: 20_000 }, () => Math.random()).join('\n') } });
		const server = await gitServer(box.source.dir);
		server.stopAfter(50_000, 'stalls');
		box.sourceIs({ url: server.url });
		const { child, ended } = box.startUpdater('update');
		await until('the pack', () => server.packBytes() >= 50_000);
		await until('the lock of git', () => existsSync(join(box.layout.store, 'shallow.lock')));
		child.kill('SIGKILL');
		await ended;
		server.stopAfter(Number.POSITIVE_INFINITY, 'ends');
		expect((await box.updater('resume')).code).toBe(0);
		await expectUpdated(box);
		expect(box.leftovers()).toEqual([]);
	});
});

describe('an incomplete source', () => {
	test('refuses a channel that does not exist', async () => {
		const box = boxWithNew();
		box.sourceIs({ channel: 'nightly' });
		await expectUpdateRefused(box, { code: 'source-empty', exit: 1 });
		box.sourceIs({ channel: 'main' });
		await expectUpdated(box);
	});

	test('refuses an announced release without a tag', async () => {
		const box = boxForTest(OLD);
		box.source.publish({ tags: [], files: citadelRelease(NEW) });
		await expectUpdateRefused(box, { code: 'missing-tag', exit: 3 });
		await expectGoodUpdateWorks(box);
	});

	test('refuses a release without info.json', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { 'info.json': undefined } });
		await expectUpdateRefused(box, { code: 'info-missing', exit: 3 });
	});

	test('refuses a truncated info.json and installs the next good release', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { 'info.json': '{' } });
		await expectUpdateRefused(box, { code: 'info-unreadable', exit: 3 });
		await expectGoodUpdateWorks(box);
	});

	test('refuses a path whose only stepping stone has a broken info.json', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { 'info.json': '{' } });
		box.publish({ version: '1.2.0', requires: '>=1.1.0' });
		await expectUpdateRefused(box, { code: 'info-unreadable', exit: 3 });
	});

	test('refuses a tag that points to a tree', async () => {
		const box = boxWithNew();
		box.source.git('tag', '--force', 'v1.1.0', 'HEAD^{tree}');
		await expectUpdateRefused(box, { code: 'source-refused', exit: 3 });
		await expectGoodUpdateWorks(box);
	});

	test('refuses a tag whose info.json names another version', async () => {
		const box = boxForTest(OLD);
		box.publish({ version: '1.0.9', requires: '>=1.0.0' }, 'v1.1.0');
		box.source.publish({ tags: [], files: citadelRelease(NEW) });
		await expectUpdateRefused(box, { code: 'version-mismatch', exit: 3 });
	});

	test('refuses a release without a path to it, even when it is requested by name', async () => {
		const box = boxForTest(OLD);
		box.publish({ version: '2.0.0', requires: '>=1.5.0' });
		const before = box.fingerprint();
		const refusal: Refusal = { code: 'no-compatible-path', exit: 3 };
		expectNothingChanged(box, before, await box.updater('update', 'v2.0.0'), {
			...refusal,
			code: 'missing-tag',
		});
		expectNothingChanged(box, before, await box.updater('update'), { ...refusal, code: 'missing-tag' });
	});
});

describe('a moved tag', () => {
	test('installs the current content after a check saw the old one', async () => {
		const box = boxWithNew();
		expect((await box.updater('check')).code).toBe(0);
		box.publish({ ...NEW, files: { 'README.md': 'moved\n' } });
		await expectUpdated(box);
		expect(readFileSync(join(box.root, 'README.md'), 'utf8')).toBe('moved\n');
	});

	test('refuses a tag that was moved to another release', async () => {
		const box = boxWithNew();
		expect((await box.updater('check')).code).toBe(0);
		box.source.git('tag', '--force', 'v1.1.0', 'v1.0.0');
		await expectUpdateRefused(box, { code: 'version-mismatch', exit: 3 });
	});
});

test.each<[string, string, string, number]>([
	['no TOML', 'config-invalid', 'product = ', 2],
	['without a source', 'config-invalid', 'product = "citadel"\n[trust]\nmode = "unsigned"\n', 2],
	['without trust', 'config-invalid', '[source]\nkind = "git"\nurl = "/x"\n', 2],
])('refuses a configuration %s with %s before reading anything', async (_, _code, text, exit) => {
	const box = boxWithNew();
	const before = box.fingerprint();
	writeFileSync(box.config, text);
	const end = await box.updater('update');
	expect(end.code).toBe(exit);
	expect(end.stderr).toMatch(/^cannot use .*config\.toml: /);
	expect(box.fingerprint()).toEqual(before);
});
