/** Sources that cannot be reached, that hang, or that hold what no release may be: told by a code, and nothing is changed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Box, boxForTest } from '../box/box.ts';
import { citadelRelease, infoJson } from '../box/citadel.ts';
import { expectGoodUpdateWorks, expectNothingChanged, type Refusal } from '../box/expect.ts';
import { answeringServer, deafPort, gitServer, silentServer } from '../box/servers.ts';
import { until } from '../until.ts';

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
	expect({ exit: end.code, stderr: end.stderr, version: box.version() }).toEqual({ exit: 0, stderr: '', version: '1.1.0' });
}

describe('a source that is good', () => {
	test.each<[string, (box: Box) => Promise<string> | string]>([
		['over HTTP', async (box) => (await gitServer(box.source.dir)).url],
		['by a file URL', (box) => `file://${box.source.dir}`],
		['by an absolute path', (box) => box.source.dir],
	])('is read %s', async (_, urlOf) => {
		const box = boxWithNew();
		box.sourceIs({ url: await urlOf(box) });
		await expectUpdated(box);
	});

	test('may announce its releases by a tag', async () => {
		const box = boxWithNew();
		box.source.git('tag', 'stable');
		box.source.publish({ tags: [], files: citadelRelease({ version: '3.0.0', requires: '*' }) });
		box.sourceIs({ channel: 'stable' });
		await expectUpdated(box);
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
		expect((await box.updater('update', 'v1.2.0')).code).toBe(0);
		expect(box.history().map(({ to }) => to)).toEqual(['1.2.0', '1.1.0']);
	});
});

describe('a source that cannot be read', () => {
	const page = (status: number, text: string) => async () =>
		`http://127.0.0.1:${await answeringServer((_, response) => {
			response.statusCode = status;
			response.end(text);
		})}/core.git`;

	test.each<[string, (box: Box) => Promise<string>, Refusal]>([
		['nobody listens', async () => `http://127.0.0.1:${await deafPort()}/core.git`, { code: 'source-unreachable', exit: 1 }],
		['there is no such directory', async (box) => `file://${box.dir}/nowhere`, { code: 'source-unreachable', exit: 1 }],
		['it is no repository', async (box) => box.root, { code: 'source-unreachable', exit: 1 }],
		['404', page(404, '404: Not Found'), { code: 'source-unreachable', exit: 1 }],
		['500', page(500, 'oops'), { code: 'source-unreachable', exit: 1 }],
		['a web page', page(200, '<html>Sign in to this network</html>'), { code: 'source-empty', exit: 1 }],
		[
			'an HTTP server that says nothing',
			async () => `http://127.0.0.1:${await silentServer()}/core.git`,
			{ code: 'source-timeout', exit: 1 },
		],
		['a git server that says nothing', async () => `git://127.0.0.1:${await silentServer()}/core.git`, { code: 'source-timeout', exit: 1 }],
	])('%s', async (_, urlOf, refusal) => {
		const box = boxWithNew();
		box.sourceIs({ url: await urlOf(box), timeout: '1500ms' });
		await expectUpdateRefused(box, refusal);
	});

	test('is read when it can be again', async () => {
		const box = boxWithNew();
		box.sourceIs({ url: `http://127.0.0.1:${await deafPort()}/core.git` });
		await expectUpdateRefused(box, { code: 'source-unreachable', exit: 1 });
		box.sourceIs({ url: `file://${box.source.dir}` });
		await expectUpdated(box);
	});

	test('one that sends us elsewhere is not followed', async () => {
		const box = boxWithNew();
		const { url } = await gitServer(box.source.dir);
		const port = await answeringServer((request, response) => {
			response.writeHead(302, { location: new URL(request.url ?? '/', url).href });
			response.end();
		});
		box.sourceIs({ url: `http://127.0.0.1:${port}/` });
		await expectUpdateRefused(box, { code: 'source-unreachable', exit: 1 });
	});

	test('one that stops in the middle of a pack: the time limit ends it, and the next try brings all', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { noise: Array.from({ length: 20_000 }, () => Math.random()).join('\n') } });
		const server = await gitServer(box.source.dir);
		server.stopAfter(50_000, 'stalls');
		box.sourceIs({ url: server.url, timeout: '2s' });
		await expectUpdateRefused(box, { code: 'source-timeout', exit: 1 });
		server.stopAfter(Number.POSITIVE_INFINITY, 'ends');
		await expectUpdated(box);
	});

	test('one that cuts packs off', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { noise: Array.from({ length: 20_000 }, () => Math.random()).join('\n') } });
		const server = await gitServer(box.source.dir);
		server.stopAfter(50_000, 'ends');
		box.sourceIs({ url: server.url });
		await expectUpdateRefused(box, { code: 'source-unreachable', exit: 1 });
		server.stopAfter(Number.POSITIVE_INFINITY, 'ends');
		await expectUpdated(box);
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

	test.each([
		['a shell as the transport', (box: Box) => `ext::sh -c touch% ${box.dir}/executed`],
		['a shell as the transport of a URL', (box: Box) => `ext://sh -c touch% ${box.dir}/executed`],
		['an SSH option as the host', (box: Box) => `ssh://-oProxyCommand=touch\${IFS}${box.dir}/executed/x`],
	])('%s', async (_, urlOf) => {
		const box = boxWithNew();
		box.sourceIs({ url: urlOf(box) });
		await expectUpdateRefused(box, { code: 'source-unreachable', exit: 1 });
		expect(existsSync(join(box.dir, 'executed'))).toBe(false);
	});
});

describe('a source without what is asked for', () => {
	test('an empty repository', async () => {
		const box = boxForTest(OLD);
		const empty = join(box.dir, 'empty');
		box.source.git('init', '--quiet', '--bare', empty);
		box.sourceIs({ url: empty });
		await expectUpdateRefused(box, { code: 'source-empty', exit: 1 });
	});

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

	test.each([
		['missing', undefined, 'info-missing'],
		['empty', '', 'info-unreadable'],
		['half', '{"version": "1.1.0", "requ', 'info-unreadable'],
		['no object', '["1.1.0"]', 'info-unreadable'],
		['without a version', '{"requires": "*"}', 'info-unreadable'],
		['with a number as its version', '{"version": 1.1, "requires": "*"}', 'info-unreadable'],
		['with a version that is none', '{"version": "one", "requires": "*"}', 'info-unreadable'],
		['without requires', '{"version": "1.1.0"}', 'info-unreadable'],
		['with requires that is no range', '{"version": "1.1.0", "requires": "a release before"}', 'info-unreadable'],
		['with an array as requires', '{"version": "1.1.0", "requires": [">=1.0.0"]}', 'info-unreadable'],
		[
			'not UTF-8',
			{ text: Buffer.from('{"version": "1.1.0", "requires": "*", "name": "\u00ff"}', 'latin1'), mode: 0o644 },
			'info-unreadable',
		],
		['huge', infoJson('1.1.0', '*').padEnd(300 * 1024), 'info-unreadable'],
		['a link', { link: 'README.md' }, 'info-unreadable'],
	] as const)('info.json of the release %s', async (_, info, code) => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, files: { 'info.json': info } });
		await expectUpdateRefused(box, { code, exit: 3 });
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

	test.each([
		['a tree', 'HEAD^{tree}'],
		['a file', 'HEAD:info.json'],
	])('the tag of the release is the tag of %s', async (_, what) => {
		const box = boxWithNew();
		box.source.git('tag', '--force', 'v1.1.0', what);
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
		expectNothingChanged(box, before, await box.updater('update', 'v2.0.0'), { ...refusal, code: 'missing-tag' });
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

test.each(['tuf', 'minisign', 'ssh'])('trust.mode = "%s", which this version cannot check, installs nothing', async (mode) => {
	const box = boxWithNew();
	box.trustIs(mode);
	await expectUpdateRefused(box, { code: 'trust-unavailable', exit: 3 });
	expect(box.change().trust).toBe(mode);
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
