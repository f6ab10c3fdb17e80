/** Finds the hooks of a release, and rejects hooks that cannot run. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hooksIn, requireTools } from '../../../../../src/privileged/updater/installers/hooks/find-hooks.ts';
import { scratch } from '../../../../scratch.ts';

const PATH = ['/usr/bin', '/bin'];
const GOOD = '#!/bin/sh\nexit 0\n';

function scripts(files: Readonly<Record<string, string>>): string {
	const dir = scratch();
	for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o755 });
	return dir;
}

const code = (error: string) => expect.objectContaining({ record: expect.objectContaining({ code: error }) });

describe('hooks', () => {
	test('are returned in the order of their names; other files are ignored', () => {
		const names = [
			'10-run.sh',
			'02-run.sh',
			'00-run.sh',
			'bootstrap-run.sh',
			'2-run.sh',
			'check-memory',
			'README.md',
			'03-run.sh.bak',
			'rollback.sh',
			'.updateignore',
			'run.sh',
		];
		expect(hooksIn(scripts(Object.fromEntries(names.map((name) => [name, GOOD]))), PATH)).toEqual([
			'00-run.sh',
			'02-run.sh',
			'10-run.sh',
			'2-run.sh',
			'bootstrap-run.sh',
		]);
	});

	test('are required, and so is their directory', () => {
		expect(() => hooksIn(scripts({ 'rollback.sh': GOOD }), PATH)).toThrow(code('hook-missing'));
		expect(() => hooksIn(join(scratch(), 'none'), PATH)).toThrow(code('hook-missing'));
	});

	test.each([
		['#!/bin/sh'],
		['#! /bin/bash -eu'],
		['#!/usr/bin/env bash'],
		['#!/usr/bin/env -S bash -eu'],
		['#!/bin/env\tbash'],
		['#!/usr/bin/perl -w'],
	])('accept the interpreter line %j', (line) => {
		expect(hooksIn(scripts({ '00-run.sh': `${line}\nexit 0\n` }), PATH)).toEqual(['00-run.sh']);
	});

	test.each([
		['nothing', ''],
		['no first line', 'exit 0\n'],
		['a byte order mark', `\ufeff${GOOD}`],
		['CRLF', '#!/bin/sh\r\nexit 0\r\n'],
		['an interpreter that is not there', '#!/bin/none\n'],
		['one that env does not find', '#!/usr/bin/env none\n'],
		['one that is relative to nowhere', '#!sh-of-mine\n'],
		['an empty first line', '#!\n'],
		['a program', '\u007fELF\u0002\u0001'],
		['5 MB', `${GOOD}${'#'.repeat(5 * 1024 * 1024)}`],
	])('rejects a hook with %s', (_, text) => {
		expect(() => hooksIn(scripts({ '00-run.sh': GOOD, '01-run.sh': text }), PATH)).toThrow(
			code('hook-refused'),
		);
	});

	test.each(['-run.sh', '-x-run.sh', ' 00-run.sh', '00 -run.sh', '.00-run.sh', `${'0'.repeat(70)}-run.sh`])(
		'the name %j is refused',
		(name) => {
			expect(() => hooksIn(scripts({ [name]: GOOD }), PATH)).toThrow(code('hook-refused'));
		},
	);

	test.each<[string, (path: string) => void]>([
		['not executable', (path) => writeFileSync(path, GOOD, { mode: 0o644 })],
		['a directory', (path) => mkdirSync(path)],
		['a link', (path) => symlinkSync('/bin/true', path)],
		['a dangling link', (path) => symlinkSync('/nowhere', path)],
		['a FIFO', (path) => void execFileSync('mkfifo', [path])],
	])('%s is refused', (_, make) => {
		const dir = scratch();
		make(join(dir, '00-run.sh'));
		expect(() => hooksIn(dir, PATH)).toThrow(code('hook-refused'));
	});
});

describe('tools', () => {
	test('are found by name and by path; comments and empty lines are ignored', () => {
		expect(() =>
			requireTools(scripts({ '.requires': '# what we need\n\nbash # the shell\n /bin/sh \nls\r\n' }), PATH),
		).not.toThrow();
		expect(() => requireTools(scripts({}), PATH)).not.toThrow();
	});

	test('that are missing are all named', () => {
		const dir = scripts({ '.requires': 'none-1\nbash\n/opt/none-2\n' });
		expect(() => requireTools(dir, PATH)).toThrow(
			expect.objectContaining({
				record: expect.objectContaining({
					code: 'tool-missing',
					facts: { missing: ['none-1', '/opt/none-2'] },
				}),
			}),
		);
	});

	test('are only searched in the PATH of hooks', () => {
		expect(() => requireTools(scripts({ '.requires': 'bash' }), ['/nonexistent'])).toThrow(
			code('tool-missing'),
		);
	});
});
