/** Threats 6 and 14: the attacker controls the manager, and signals with any payload. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planPath, planRequested } from '../../../src/engine/plan/plan.ts';
import { isNewer, parseVersion } from '../../../src/model/release/version.ts';
import { readRequest } from '../../../src/model/signal/requested-release.ts';
import { boxForTest } from '../../box/box.ts';
import { expectNothingChanged } from '../../box/expect.ts';
import { makePublisher, pinAuthor } from '../../box/sources/publisher.ts';
import { answeringServer } from '../../box/sources/servers.ts';
import { installedAt, planFully, world } from '../../engine/plan/plan-releases.ts';
import { patience, rounds } from '../../fuzz.ts';
import { scratch } from '../../scratch.ts';
import { ringForUpdate, startKaren } from '../karen.ts';

test('no payload makes root ask another source, run a path, downgrade, or take unverified contents', {
	timeout: 120_000,
}, async () => {
	const author = await makePublisher(join(scratch(), 'author'));
	for (const version of ['1.0.0', '1.1.0']) await author.publish({ version, requires: '>=1.0.0' });
	const box = boxForTest({ version: '1.0.5', requires: '*' });
	pinAuthor(box, author);
	box.sourceIs({ kind: 'directory', url: author.published });
	box.publish({ version: '1.0.9', requires: '*' });

	let asked = 0;
	const port = await answeringServer((_, response) => {
		asked += 1;
		response.end();
	});
	const ran = join(box.dir, 'ran');
	const program = join(box.dir, 'program');
	writeFileSync(program, `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
	/** What a root that believes its askers might look for. */
	const greedy = {
		...{
			url: `http://127.0.0.1:${port}/`,
			source: { kind: 'git', url: `file://${box.source.dir}` },
			trust: { mode: 'unsigned' },
		},
		...{
			metadata: `http://127.0.0.1:${port}/`,
			root: box.root,
			state: box.dir,
			config: `${box.dir}/evil.toml`,
			retry: true,
		},
		...{
			command: [program],
			hooks: [program],
			run: program,
			path: [box.dir],
			from: '0.0.1',
			installed: '0.0.1',
			requires: '*',
		},
		...{
			minimumSafeVersion: '0.0.1',
			force: true,
			downgrade: true,
			channel: 'evil',
			product: 'evil',
			threshold: 0,
			keys: [],
		},
	};
	await startKaren(box);
	// The signal itself is the attacker's own.
	const signal = join(box.layout.signals, 'update');
	const before = box.fingerprint();
	for (const [updateTo, code] of [
		['v1.0.0', 'wish-not-newer'],
		['v1.0.9', 'missing-tag'],
		['v9.9.9', 'wish-not-on-path'],
		[`$(${program})`, 'wish-unreadable'],
		[`--upload-pack=${program}`, 'wish-unreadable'],
		[`http://127.0.0.1:${port}/v2.0.0`, 'wish-unreadable'],
	] as const) {
		const report = await ringForUpdate(box, JSON.stringify({ updateTo, ...greedy }));
		rmSync(signal);
		expectNothingChanged(
			box,
			before,
			{ code: report.exitCode, stdout: '', stderr: report.output },
			{ code, exit: 3 },
		);
	}
	const report = await ringForUpdate(box, JSON.stringify({ ...greedy, updateTo: 'v1.1.0' }));
	expect(report).toMatchObject({ state: 'done', exitCode: 0 });
	expect(box.change()).toMatchObject({ state: 'committed', to: '1.1.0', trust: 'tuf' });
	expect({ asked, ran: existsSync(ran) }).toEqual({ asked: 0, ran: false });
});

test('for any signal, planned releases are listed, announced, and newer than the installed one', {
	timeout: patience(30_000),
}, () => {
	const source = world('v1.4.0', {
		'v1.0.0': '*',
		'v1.2.0': '*',
		'v1.3.0': '>=1.2.0',
		'v1.4.0': '>=1.1.0',
		'v2.0.0': '*',
		'v1.3.5-rc.1': '*',
	});
	const installed = installedAt('1.2.0');
	const tag = fc.oneof(
		fc.constantFrom(
			'v0.9.0',
			'v1.0.0',
			'v1.2.0',
			'v1.3.0',
			'v1.4.0',
			'v1.4.1',
			'v2.0.0',
			'1.3.0',
			'v1.3.5-rc.1',
			'v01.3.0',
			'v1.3.0 ',
			'v1.3.0/../x',
		),
		fc.string(),
	);
	const payload = fc.oneof(
		tag,
		fc.json(),
		tag.map((updateTo) => JSON.stringify({ updateTo })),
		tag.map((updateTo) => `{"updateTo":"v1.3.0","updateTo":${JSON.stringify(updateTo)}}`),
		tag.map((updateTo) => `{"__proto__":{"updateTo":${JSON.stringify(updateTo)}}}`),
		fc.json().map((value) => `{"updateTo":${value}}`),
	);
	const [low, high] = [parseVersion('1.2.0'), parseVersion('1.4.0')];
	let planned = 0;
	fc.assert(
		fc.property(payload, (text) => {
			const wish = wishOf(text);
			if (wish === undefined) return;
			const { plan } = planFully(source, (known) =>
				wish.kind === 'tag' ? planRequested(wish.tag, installed, known) : planPath(installed, known),
			);
			for (const hop of plan.path) {
				planned += 1;
				expect(source.tags).toContain(hop.tag);
				expect(low !== undefined && isNewer(hop.version, low)).toBe(true);
				expect(high !== undefined && isNewer(hop.version, high)).toBe(false);
			}
		}),
		rounds(3000),
	);
	expect(planned).toBeGreaterThan(100);
});

function wishOf(payload: string) {
	try {
		return readRequest(payload, undefined);
	} catch (thrown) {
		expect(thrown).toMatchObject({ record: { code: 'wish-unreadable' } });
		return undefined;
	}
}
