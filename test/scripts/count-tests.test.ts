import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../scratch.ts';

const program = join(import.meta.dirname, '../../scripts/dev/count-tests.ts');

const passed = { name: 'a.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] };
const failed = {
	name: 'b.test.ts',
	status: 'failed',
	assertionResults: [{ status: 'passed' }, { status: 'failed' }],
};
const unloaded = { name: 'c.test.ts', status: 'failed', assertionResults: [] };

function count(
	report: string,
	exit: number,
): { line: string | undefined; code: number | null; notes: string } {
	const path = join(scratch(), 'report.json');
	writeFileSync(path, report);
	const ended = spawnSync(process.execPath, [program, path, String(exit)], { encoding: 'utf8' });
	return { line: ended.stdout.split('\n').at(-2), code: ended.status, notes: ended.stderr };
}

test.each([
	['all passed', 5, 0, [passed], 0, '5 passed, 0 failed', 0],
	['one failed', 5, 1, [passed, failed], 1, '5 passed, 1 failed', 1],
	['a file that did not load', 5, 0, [passed, unloaded], 1, '5 passed, 1 failed', 1],
	[
		'a failed test and a file that did not load',
		5,
		1,
		[passed, failed, unloaded],
		1,
		'5 passed, 2 failed',
		1,
	],
	['an error outside of any test', 5, 0, [passed], 1, '5 passed, 1 failed', 1],
	['nothing that ran', 0, 0, [], 0, '0 passed, 1 failed', 1],
])('%s', (_what, numPassedTests, numFailedTests, testResults, exit, line, code) => {
	const counted = count(JSON.stringify({ numPassedTests, numFailedTests, testResults }), exit);
	expect(counted).toMatchObject({ line, code });
});

test.each([
	['no report', ''],
	['half a report', '{"numPassedTests":5,'],
	['another report', '{}'],
])('%s is a failure, even after a good end', (_what, report) => {
	const counted = count(report, 0);
	expect(counted).toMatchObject({ line: '0 passed, 1 failed', code: 1 });
	expect(counted.notes).toContain('no report');
});
