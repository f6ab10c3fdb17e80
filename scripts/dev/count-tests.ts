/**
 * Reads vitest's JSON report and prints the line `N passed, N failed`; exits with 1 unless everything passed.
 * Usage: count-tests.ts REPORT EXIT, where EXIT is the code that vitest ended with.
 */
import { readFileSync } from 'node:fs';

interface Report {
	readonly numPassedTests: number;
	readonly numFailedTests: number;
	readonly testResults: readonly {
		readonly name: string;
		readonly status: string;
		readonly assertionResults: readonly { status: string }[];
	}[];
}

interface Count {
	readonly passed: number;
	readonly failed: number;
	readonly notes: readonly string[];
}

/** A file that failed to load has no failed test to show for it, so it counts as one. */
function countTests(report: Report): Count {
	const unloaded = report.testResults.filter(
		(file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
	);
	return {
		passed: report.numPassedTests,
		failed: report.numFailedTests + unloaded.length,
		notes: unloaded.map((file) => `did not load or did not end well: ${file.name}`),
	};
}

function readReport(path: string): Count {
	try {
		return countTests(JSON.parse(readFileSync(path, 'utf8')) as Report);
	} catch (thrown) {
		return { passed: 0, failed: 0, notes: [`vitest left no report: ${String(thrown)}`] };
	}
}

/** A run may end badly without a failed test: an unhandled error, a crash, nothing to run. */
function withEnd(count: Count, exit: number): Count {
	if (count.failed > 0 || (exit === 0 && count.passed > 0)) return count;
	return {
		...count,
		failed: 1,
		notes: [
			...count.notes,
			`vitest ended with ${exit} and ${count.passed} passed tests: counted as one failure`,
		],
	};
}

const [path = '', exit = '1'] = process.argv.slice(2);
const { passed, failed, notes } = withEnd(readReport(path), Number(exit));
for (const note of notes) console.error(note);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
