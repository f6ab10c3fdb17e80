import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordOf } from '../../../src/model/base/error.ts';
import type { ErrorCode } from '../../../src/model/base/error-codes.ts';
import { findConfig, readSettings } from '../../../src/system/root/config-file.ts';
import { findRoot } from '../../../src/system/root/find-root.ts';
import { parseToml } from '../../../src/system/toml.ts';

const LEAST = '[source]\nkind = "git"\nurl = "/releases.git"\n[trust]\nmode = "unsigned"\n';
let dir: string;
let root: string;

beforeEach(() => {
	dir = realpathSync(mkdtempSync(join(tmpdir(), 'config-')));
	root = join(dir, 'root');
	mkdirSync(join(root, 'events/signals'), { recursive: true });
	writeFileSync(join(root, 'info.json'), '{}');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(path: string, text = LEAST, mode = 0o600): string {
	const file = join(dir, path);
	mkdirSync(join(file, '..'), { recursive: true });
	writeFileSync(file, text);
	chmodSync(file, mode);
	return file;
}

function codeOf(act: () => unknown): ErrorCode | 'nothing thrown' {
	try {
		act();
		return 'nothing thrown';
	} catch (thrown) {
		return recordOf(thrown).code;
	}
}

describe('findRoot', () => {
	test.each(['.', 'events', 'events/signals'])('from %s', (from) => {
		expect(findRoot(join(root, from))).toBe(root);
	});

	test('requires both info.json and events', () => {
		rmSync(join(root, 'info.json'));
		expect(codeOf(() => findRoot(root))).toBe('root-missing');
	});
});

describe('findConfig', () => {
	test('prefers the named file to the root’s own', () => {
		write('root/.signalbox/config.toml');
		const named = write('named.toml');
		expect(findConfig(root, named)).toBe(named);
	});

	test('finds the root’s own file', () => {
		const own = write('root/.signalbox/config.toml');
		expect(findConfig(root, undefined)).toBe(own);
	});

	test('does not fall back if the named file is missing', () => {
		write('root/.signalbox/config.toml');
		expect(codeOf(() => findConfig(root, join(dir, 'missing.toml')))).toBe('config-missing');
	});
});

describe('readSettings', () => {
	test('returns config, file and layout', () => {
		const file = write('c.toml', `state = "${dir}/state"\n${LEAST}`);
		const settings = readSettings(root, file);
		expect(settings.configFile).toBe(file);
		expect(settings.config.source.url).toBe('/releases.git');
		expect(settings.layout).toMatchObject({
			root,
			state: join(dir, 'state'),
			ledger: join(dir, 'state/ledger'),
		});
	});

	test('uses a state directory of its own if the file names none', () => {
		const state = process.geteuid?.() === 0 ? '/var/lib/signalbox' : join(root, '.signalbox');
		expect(readSettings(root, write('c.toml')).layout.state).toBe(state);
	});

	test('follows a link between two safe directories', () => {
		write('c.toml');
		symlinkSync('c.toml', join(dir, 'link.toml'));
		expect(readSettings(root, join(dir, 'link.toml')).config.product).toBe('signalbox');
	});

	test.each<[string, () => string, ErrorCode, string]>([
		[
			'writable by its group',
			() => write('c.toml', LEAST, 0o664),
			'config-unsafe',
			'can be written by other users',
		],
		[
			'writable by all',
			() => write('c.toml', LEAST, 0o602),
			'config-unsafe',
			'can be written by other users',
		],
		[
			'in a directory that others can write to',
			() => {
				const file = write('open/c.toml');
				chmodSync(join(dir, 'open'), 0o777);
				return file;
			},
			'config-unsafe',
			'can be written by other users',
		],
		['not TOML', () => write('c.toml', 'product = \n'), 'config-invalid', 'line 1'],
		['a directory', () => write('d/c.toml').replace('/c.toml', ''), 'config-invalid', 'a directory'],
		['with unknown keys', () => write('c.toml', `wrong = 1\n${LEAST}`), 'config-invalid', 'wrong'],
		['huge', () => write('c.toml', `# ${'x'.repeat(1024 * 1024)}\n`), 'config-invalid', 'more than'],
		['missing', () => join(dir, 'missing'), 'config-missing', 'cannot find'],
	])('refuses one that is %s', (_what, make, code, says) => {
		const file = make();
		expect(codeOf(() => readSettings(root, file))).toBe(code);
		expect(() => readSettings(root, file)).toThrow(says);
	});

	test('refuses bytes that are not UTF-8', () => {
		const file = write('c.toml');
		writeFileSync(file, Buffer.from([0x61, 0xff, 0xfe]));
		expect(() => readSettings(root, file)).toThrow('it is not UTF-8');
	});
});

describe('parseToml', () => {
	test.each([
		['a missing value', 'a = 1\nb =\n', /^line 2/],
		['a duplicate key', 'a = 1\na = 2\n', /^line 2/],
		['an unterminated string', 'a = "b', /^line 1/],
	])('reports %s with its line and no excerpt', (_what, text, why) => {
		const parsed = parseToml(text);
		expect(parsed).toMatchObject({ kind: 'unreadable', why: expect.stringMatching(why) });
		expect(parsed.kind === 'unreadable' && parsed.why).not.toContain('\n');
	});
});
