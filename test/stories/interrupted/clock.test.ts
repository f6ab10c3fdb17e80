/** A wall clock that shows 1970, or jumps during an update: real updates under libfaketime. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';
import { setClock, startAt } from '../../box/cuts/wrong-clock.ts';
import type { CitadelRelease } from '../../box/releases/citadel.ts';
import { makePublisher, pinAuthor } from '../../box/sources/publisher.ts';
import { builtProgram } from '../../programs.ts';
import { scratch } from '../../scratch.ts';
import { until } from '../../until.ts';

const OLD: CitadelRelease = { version: '1.0.0', requires: '*' };
const NEW: CitadelRelease = { version: '1.1.0', requires: '>=1.0.0' };

/** A hook that runs again after the pause and records each time by a monotonic clock. */
const LATER =
	'cut -d " " -f 1 /proc/uptime >> "$ROOT"/db/asked; [[ $(wc -l < "$ROOT"/db/asked) -gt 1 ]] || exit 75';

const UPDATE = [builtProgram('updater'), 'update'] as const;

describe('with a clock at 1970', () => {
	test('commits an update, reports that the clock is not set, and commits the next one with a clock', async () => {
		const box = boxForTest(OLD);
		box.publish(NEW);
		const { code, stderr } = await startAt(box, '@1970-01-01 00:00:10', ...UPDATE).ended;
		expect(stderr).toMatch(/the clock is not set: it says 1970-01-01T/);
		expect(code).toBe(0);
		expect(box.version()).toBe('1.1.0');
		expect(box.change()).toMatchObject({ state: 'committed', startedAt: expect.stringMatching(/^1970/) });
		const status = await startAt(box, '@1970-01-01 00:10:00', builtProgram('operator'), 'status', '--json')
			.ended;
		expect(JSON.parse(status.stdout)).toMatchObject({ clock: 'not-set', installed: '1.1.0' });
		box.publish({ version: '1.2.0', requires: '>=1.1.0' });
		expect((await box.updater('update')).code).toBe(0);
		expect(box.history().map(({ to }) => to)).toEqual(['1.2.0', '1.1.0']);
		expect(box.leftovers()).toEqual([]);
	});

	test('holds a failed release back, whether the clock was set at the failure or is set now', async () => {
		const box = boxForTest(OLD);
		box.publish({ ...NEW, does: { '02': 'exit 1' } });
		expect((await startAt(box, '@1970-01-01 00:00:10', ...UPDATE).ended).code).toBe(4);
		expect((await box.updater('update')).code).toBe(3);
		expect(Date.parse(String(box.change().error?.facts['failedAt'])), 'the wait starts now').toBeGreaterThan(
			Date.now() - 600_000,
		);
		expect((await startAt(box, '@1970-01-01 00:00:10', ...UPDATE).ended).code).toBe(3);
		expect(JSON.parse(readFileSync(box.layout.failures, 'utf8'))).toMatchObject({ failures: [{ times: 1 }] });
	});
});

describe.each(['-1d', '+400d'])('when the clock jumps by %s', (jump) => {
	test('a wait neither hangs nor ends early', async () => {
		const box = boxForTest(OLD);
		box.configure('[hooks]\npause = "3s"');
		box.publish({ ...NEW, does: { '00': LATER } });
		const { ended } = startAt(box, '+0', ...UPDATE);
		await until('the wait', () => existsSync(box.layout.changeStatus) && box.change().state === 'waiting');
		setClock(box, jump);
		expect((await ended).code).toBe(0);
		const [first = 0, second = 0] = readFileSync(join(box.root, 'db/asked'), 'utf8').split('\n').map(Number);
		expect(second - first).toBeGreaterThan(2.9);
		expect(box.change().state).toBe('committed');
	});

	test('the time limit of a hook is unchanged', async () => {
		const box = boxForTest(OLD);
		box.configure('[hooks]\ntimeout = "6s"');
		const jumped =
			'touch "$ROOT"/db/began; for i in {1..300}; do [[ -e "$ROOT"/db/jumped ]] && break; sleep 0.02; done';
		box.publish({ ...NEW, does: { '00': `${jumped}; sleep 0.5`, '02': 'sleep 60' } });
		const { ended } = startAt(box, '+0', ...UPDATE);
		await until('the hook', () => existsSync(join(box.root, 'db/began')));
		setClock(box, jump);
		writeFileSync(join(box.root, 'db/jumped'), '');
		expect((await ended).code).toBe(4);
		expect(box.change()).toMatchObject({
			state: 'rolled-back',
			error: { code: 'hook-timeout', message: expect.stringContaining('02-run.sh') },
		});
	});
});

test('refuses expired metadata by role and date, and reports since when the source is stale', async () => {
	const author = await makePublisher(join(scratch(), 'author'));
	for (const version of ['1.0.0', '1.1.0']) await author.publish({ version, requires: '*' });
	const box = boxForTest(OLD);
	pinAuthor(box, author);
	box.sourceIs({ kind: 'directory', url: author.published });
	const available = () => JSON.parse(readFileSync(box.layout.available, 'utf8'));
	expect((await box.updater('check')).code).toBe(0);
	const { news } = available();
	const { at } = news.goodUntil;
	expect(news.goodUntil.role).toBe('timestamp');
	expect(Date.parse(at) - Date.parse(news.verifiedAt)).toBeGreaterThan(29 * 86_400_000);

	expect((await startAt(box, '+31d', builtProgram('updater'), 'check').ended).code).toBe(3);
	expect(available()).toMatchObject({
		news,
		newest: null,
		reason: { code: 'metadata-expired', facts: { role: 'timestamp' } },
	});
	expect(Date.parse(available().reason.facts.expired)).toBe(Date.parse(at));
	const { stdout, stderr } = await startAt(box, '+31d', builtProgram('operator'), 'status').ended;
	expect(stdout).toContain(`STALE since ${at} (timestamp), verified ${news.verifiedAt}`);
	expect(stderr).toContain(`WARNING: the source is stale since ${at}`);
	expect((await startAt(box, '+31d', ...UPDATE).ended).code).toBe(3);
	expect(box.version()).toBe('1.0.0');

	// Without the source, the last verification and its expiry are still reported.
	box.sourceIs({ url: join(box.dir, 'nowhere') });
	await box.updater('check');
	expect(available().news).toEqual(news);
	const status = await startAt(box, '+1d', builtProgram('operator'), 'status').ended;
	expect(status.stdout).toContain(`verified ${news.verifiedAt}, good until ${at} (timestamp)`);
});
