/**
 * Leftovers of an interruption that no undo covers: they are removed when the change has ended, and no file
 * of the user is.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';

const OLD = { version: '1.0.0', requires: '*' };
const NEW = { version: '1.1.0', requires: '*', files: { 'brought.txt': 'new\n' } };

test('removes temporary files of an interrupted rsync, but not files that only look alike', async () => {
	const box = boxForTest(OLD);
	writeFileSync(join(box.root, '.service.txt.before'), 'of the user: was there before\n');
	const old = box.fingerprint();
	const halves = ['.service.txt.a1B2c3', '.brought.txt.Zz09aa'].map((name) => `"$ROOT"/${name}`).join(' ');
	box.publish({ ...NEW, does: { overlaid: `touch ${halves} "$ROOT"/.env.backup; exit 1` } });
	expect((await box.updater('update')).code).toBe(4);
	expect(box.fingerprint().filter((line) => !old.includes(line))).toEqual([
		expect.stringContaining('".env.backup"'),
	]);
});

test('removes a change that was interrupted before it began', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	const never = join(box.layout.changes, '20200101-000000-abcd');
	mkdirSync(join(never, 'logs'), { recursive: true });
	writeFileSync(join(never, 'reserve'), '');
	writeFileSync(join(box.layout.changes, '.1-0123456789abcdef01.tmp'), '');
	await box.killUpdater({ after: '"event":"opened"' });
	expect((await box.updater('resume')).code).toBe(0);
	expect(readdirSync(box.layout.changes).filter((name) => !name.startsWith('.1-'))).toEqual([]);
	expect((await box.updater('update')).code).toBe(0);
	expect(readdirSync(box.layout.changes)).toHaveLength(2);
});

test('removes the reserved space of a journal that was interrupted right after it was closed', async () => {
	const box = boxForTest(OLD);
	box.publish(NEW);
	await box.killUpdater({ before: '"event":"closed"' });
	const [change = ''] = readdirSync(box.layout.changes).filter((name) => /^\d/.test(name));
	const reserve = join(box.layout.changes, change, 'reserve');
	expect(existsSync(reserve)).toBe(true);
	await box.killUpdater({ after: '"event":"closed"' }, 'resume');
	expect((await box.updater('resume')).code).toBe(0);
	expect(existsSync(reserve)).toBe(false);
	expect(box.version()).toBe('1.1.0');
});
