/**
 * A short process: reads the configuration for karen, who would otherwise keep the parsers of TOML and zod in memory for good.
 * Prints the settings as JSON, or the error as JSON and ends with its exit code. Usage: read-settings --root DIR [--config FILE]
 */
import { parseArgs } from 'node:util';
import { recordOf } from '../../model/base/error.ts';
import { exitCodeOf } from '../../model/base/error-codes.ts';
import { readSettings } from '../../system/files/config-file.ts';

try {
	const { values } = parseArgs({ options: { root: { type: 'string' }, config: { type: 'string' } } });
	process.stdout.write(JSON.stringify(readSettings(values.root ?? '.', values.config)));
} catch (thrown) {
	const error = recordOf(thrown);
	process.stdout.write(JSON.stringify(error));
	process.exitCode = exitCodeOf(error.code);
}
