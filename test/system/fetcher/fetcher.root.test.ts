/** What the kernel says of the fetcher that root starts: another user, and no right of any kind. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	chmodSync,
	chownSync,
	cpSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Problem } from '../../../src/model/base/error.ts';
import { fetcherAccount } from '../../../src/system/fetcher/account.ts';
import { signalGroup } from '../../../src/system/process/group.ts';
import { isAlive } from '../../box/processes.ts';
import { FETCHER, fetcherForTest } from '../../box/sources/fetcher.ts';
import { answeringServer } from '../../box/sources/servers.ts';
import { scratch } from '../../scratch.ts';
import { until } from '../../until.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const of = (pid: number | undefined, file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
const NOWHERE = { head: () => undefined, bytes: () => undefined };

function fields(text: string): Record<string, string> {
	return Object.fromEntries(
		text
			.split('\n')
			.map((line) => line.split(/:\s*/, 2))
			.map(([name = '', value = '']) => [name, value.trim()]),
	);
}

describe('the child', () => {
	test('is another user’s, in no group, without a capability or a way to one', async () => {
		const { pid } = await fetcherForTest();
		const none = '0000000000000000';
		expect(fields(of(pid, 'status'))).toMatchObject({
			Uid: Array(4).fill(FETCHER.uid).join('\t'),
			Gid: Array(4).fill(FETCHER.gid).join('\t'),
			Groups: '',
			CapInh: none,
			CapPrm: none,
			CapEff: none,
			CapBnd: none,
			CapAmb: none,
			NoNewPrivs: '1',
			Umask: '0077',
		});
	});

	test('has limits', async () => {
		const { pid } = await fetcherForTest();
		const limit = (name: string) =>
			new RegExp(`^${name} +(\\S+) +(\\S+)`, 'm').exec(of(pid, 'limits'))?.slice(1);
		expect(limit('Max core file size')).toEqual(['0', '0']);
		expect(limit('Max file size')).toEqual(['0', '0']);
		expect(limit('Max processes')).toEqual(['128', '128']);
		expect(limit('Max open files')).toEqual(['256', '256']);
		expect(limit('Max data size')).toEqual([String(1024 ** 3), String(1024 ** 3)]);
	});

	test('has nothing of our environment, and its own closed directory', async () => {
		const state = scratch();
		const { pid } = await fetcherForTest({ state });
		expect(of(pid, 'environ').split('\0').filter(Boolean).sort()).toEqual([
			'HOME=/nonexistent',
			'LANG=C.UTF-8',
			'PATH=/usr/bin:/bin',
			`SIGNALBOX_TOOL_OF=${state}`,
		]);
		const home = readlinkSync(`/proc/${pid}/cwd`);
		expect(readdirSync(state).map((name) => join(state, name))).toEqual([home]);
		expect(lstatSync(home)).toMatchObject({ uid: FETCHER.uid, gid: FETCHER.gid });
		expect(lstatSync(home).mode & 0o777).toBe(0o700);
		expect(
			readdirSync(`/proc/${pid}/fd`)
				.map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
				.filter((to) => to.startsWith('/') && !to.startsWith('/dev/')),
		).toEqual([]);
	});

	test('ends with its parent, however that one ends', async () => {
		const script = `
			import { openFetcher } from ${JSON.stringify(join(REPOSITORY, 'src/sources/publisher/open-fetcher.ts'))};
			import { parseConfig } from ${JSON.stringify(join(REPOSITORY, 'src/model/config/config.ts'))};
			const least = { source: { url: '/nowhere' }, trust: { mode: 'unsigned' }, fetcher: { user: ${FETCHER.uid} } };
			const fetcher = await openFetcher(parseConfig(least, 'here').fetcher, process.argv[1]);
			process.stdout.write(String(fetcher.pid), () => process.kill(process.pid, 'SIGKILL'));`;
		const state = scratch();
		const { stdout } = (() => {
			try {
				execFileSync(process.execPath, ['--input-type=module', '-e', script, state], {
					encoding: 'utf8',
					cwd: REPOSITORY,
					stdio: ['ignore', 'pipe', 'pipe'],
				});
				throw new Error('it lives');
			} catch (thrown) {
				return thrown as { readonly stdout: string };
			}
		})();
		expect(Number(stdout)).toBeGreaterThan(1);
		await until('it is gone', () => !isAlive(Number(stdout)));
	});

	test('stays small while much passes through it', async () => {
		const piece = Buffer.alloc(1024 * 1024);
		const port = await answeringServer((_, response) => {
			let left = 128;
			const more = () => {
				while (left-- > 0) if (!response.write(piece)) return void response.once('drain', more);
				response.end();
			};
			more();
		});
		const fetcher = await fetcherForTest();
		let got = 0;
		const count = (bytes: Buffer) => {
			got += bytes.length;
		};
		const wanted = { url: `http://127.0.0.1:${port}/`, from: 0, etag: null, limit: 128 * piece.length };
		await fetcher.get(wanted, { ...NOWHERE, bytes: count });
		expect(got).toBe(128 * piece.length);
		const peak = Number(/^VmHWM:\s+(\d+)/m.exec(of(fetcher.pid, 'status'))?.[1]);
		expect(peak).toBeLessThan(192 * 1024);
		console.info(`peak of the fetcher: ${Math.round(peak / 1024)} MB for 128 MB`);
	});

	test('that left links in its directory leads nobody astray', async () => {
		const state = scratch();
		const fetcher = await fetcherForTest({ state });
		const home = readlinkSync(`/proc/${fetcher.pid}/cwd`);
		mkdirSync(join(state, 'precious'));
		writeFileSync(join(state, 'precious/file'), 'mine');
		mkdirSync(join(home, 'deep'));
		symlinkSync(join(state, 'precious'), join(home, 'deep/link'));
		for (const path of ['deep', '']) chownSync(join(home, path), FETCHER.uid, FETCHER.gid);
		await fetcher.end();
		expect(readdirSync(state)).toEqual(['precious']);
		expect(readFileSync(join(state, 'precious/file'), 'utf8')).toBe('mine');
	});
});

describe('who it is', () => {
	const refusal = (user: string | number) => {
		try {
			return fetcherAccount(user);
		} catch (thrown) {
			return (thrown as Problem).record;
		}
	};

	test.each([
		['no user of that name', 'sbx-no-such-user', /`signalbox init` creates the user/],
		['root', 'root', /unprivileged/],
		['root by number', 0, /unprivileged/],
	])('%s is refused', (_, user, hint) => {
		expect(refusal(user)).toMatchObject({ code: 'fetcher-unready', hint: expect.stringMatching(hint) });
	});

	test('a number needs no account', () => {
		expect(fetcherAccount(64_123)).toEqual({ uid: 64_123, gid: 64_123 });
	});

	test('somebody whose other programs leave it no threads is named', async () => {
		const account = { uid: 64_124, gid: 64_124 };
		const others = spawn('bash', ['-c', 'for n in {1..126}; do sleep 300 & done; echo up; wait'], {
			...account,
			detached: true,
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		onTestFinished(() => signalGroup(others.pid as number, 'SIGKILL'));
		await once(others.stdout, 'data');
		await expect(fetcherForTest({ account })).rejects.toMatchObject({
			record: {
				code: 'fetcher-unready',
				message: expect.stringMatching(
					/the fetcher’s user \(64124\) runs other programs, which have 127 of its 128 threads/,
				),
				hint: expect.stringContaining('fetcher.user'),
			},
		});
	});

	test('files of ours that are closed to it are named', async () => {
		const closed = join(scratch(), 'closed');
		cpSync(join(REPOSITORY, 'dist'), join(closed, 'dist'), { recursive: true });
		writeFileSync(join(closed, 'package.json'), '{"type": "module"}');
		chmodSync(join(closed, '..'), 0o711);
		const program = join(closed, 'dist/fetcher.js');
		await fetcherForTest({ program });
		chmodSync(closed, 0o700);
		await expect(fetcherForTest({ program })).rejects.toMatchObject({
			record: {
				code: 'fetcher-unready',
				message: expect.stringContaining(`cannot read ${closed},`),
				facts: { closed },
			},
		});
	});
});
