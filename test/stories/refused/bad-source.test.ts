/** Sources that cannot be reached, that hang, or that hold what no release may be: told by a code, and nothing is changed. */
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

describe('a source that is good', () => {
	test('is read over HTTP', async () => {
		const box = boxWithNew();
		box.sourceIs({ url: (await gitServer(box.source.dir)).url });
		await expectUpdated(box);
	});

	test('is read by an absolute path, and may announce its releases by a tag', async () => {
		const box = boxWithNew();
		box.source.git('tag', 'stable');
		box.source.publish({ tags: [], files: citadelRelease({ version: '3.0.0', requires: '*' }) });
		box.sourceIs({ url: box.source.dir, channel: 'stable' });
		expect(await planned(box)).toMatchObject({ newest: '1.1.0', path: [{ tag: 'v1.1.0' }], reason: null });
	});

	test('may tag without a v, and tag a tag', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW, '1.1.0-inner');
		box.source.git('tag', '-a', '-m', 'outer', '1.1.0', '1.1.0-inner');
		await expectUpdated(box);
		expect(box.history()[0]).toMatchObject({ to: '1.1.0' });
	});

	test('may have odd tags beside its releases', async () => {
		const box = boxWithNew();
		const blob = box.source.git('hash-object', '-w', '--', join(box.source.dir, 'info.json')).trim();
		box.source.git('tag', 'v1.0.5', blob);
		box.source.git('tag', 'v1.0.6', 'HEAD^{tree}');
		box.source.git('update-ref', 'refs/tags/--upload-pack=x', 'HEAD');
		box.publish({ version: '1.2.0', requires: '>=1.0.5' });
		expect(await planned(box)).toMatchObject({ path: [{ tag: 'v1.1.0' }, { tag: 'v1.2.0' }], reason: null });
	});
});

describe('a source that cannot be read', () => {
	// Every way not to answer, and that nothing in a URL is executed: test/sources/git/git.test.ts, test/system/git/git.test.ts.
	test('nobody listens; and it is read when it can be again', async () => {
		const box = boxWithNew();
		box.sourceIs({ url: `http://127.0.0.1:${DEAF_PORT}/core.git` });
		await expectUpdateRefused(box, { code: 'source-unreachable', exit: 1 });
		box.sourceIs({ url: `file://${box.source.dir}` });
		await expectUpdated(box);
	});

	test('a server that says nothing', async () => {
		const box = boxWithNew();
		box.sourceIs({ url: `http://127.0.0.1:${await silentServer()}/core.git`, timeout: '500ms' });
		await expectUpdateRefused(box, { code: 'source-timeout', exit: 1 });
	});

	test('killed in the middle of a pack: what git left in the store is not in the way', async () => {
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

describe('a source without what is asked for', () => {
	test('a channel that is not there', async () => {
		const box = boxWithNew();
		box.sourceIs({ channel: 'nightly' });
		await expectUpdateRefused(box, { code: 'source-empty', exit: 1 });
		box.sourceIs({ channel: 'main' });
		await expectUpdated(box);
	});

	test('no tag for what the channel announces', async () => {
		const box = boxForTest(OLD);
		box.source.publish({ tags: [], files: citadelRelease(NEW) });
		await expectUpdateRefused(box, { code: 'missing-tag', exit: 3 });
		await expectGoodUpdateWorks(box);
	});

	test('no info.json in the release', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { 'info.json': undefined } });
		await expectUpdateRefused(box, { code: 'info-missing', exit: 3 });
	});

	test('info.json of the release half, and the one after it is whole', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { 'info.json': '{' } });
		await expectUpdateRefused(box, { code: 'info-unreadable', exit: 3 });
		await expectGoodUpdateWorks(box);
	});

	test('info.json of a release on the way is broken, and there is no other way', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { 'info.json': '{' } });
		box.publish({ version: '1.2.0', requires: '>=1.1.0' });
		await expectUpdateRefused(box, { code: 'info-unreadable', exit: 3 });
	});

	test('the tag of the release is the tag of a tree', async () => {
		const box = boxWithNew();
		box.source.git('tag', '--force', 'v1.1.0', 'HEAD^{tree}');
		await expectUpdateRefused(box, { code: 'source-refused', exit: 3 });
		await expectGoodUpdateWorks(box);
	});

	test('the tag says another version than its tree', async () => {
		const box = boxForTest(OLD);
		box.publish({ version: '1.0.9', requires: '>=1.0.0' }, 'v1.1.0');
		box.source.publish({ tags: [], files: citadelRelease(NEW) });
		await expectUpdateRefused(box, { code: 'version-mismatch', exit: 3 });
	});

	test('a release that this box may not have yet, and a wish that asks for it all the same', async () => {
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

describe('a tag that was moved', () => {
	test('after it was looked at: what it is now is installed', async () => {
		const box = boxWithNew();
		expect((await box.updater('check')).code).toBe(0);
		box.publish({ ...NEW, files: { 'README.md': 'moved\n' } });
		await expectUpdated(box);
		expect(readFileSync(join(box.root, 'README.md'), 'utf8')).toBe('moved\n');
	});

	test('onto another release: it is not installed under this name', async () => {
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
])('a configuration %s ends with %s, and nothing is looked at', async (_, _code, text, exit) => {
	const box = boxWithNew();
	const before = box.fingerprint();
	writeFileSync(box.config, text);
	const end = await box.updater('update');
	expect(end.code).toBe(exit);
	expect(end.stderr).toMatch(/^cannot use .*config\.toml: /);
	expect(box.fingerprint()).toEqual(before);
});
