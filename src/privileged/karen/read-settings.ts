/**
 * Reads the configuration for karen, which would otherwise keep the TOML parser and zod in memory. Prints the
 * settings as JSON, or an error as JSON and exits with its code. Usage: read-settings --root DIR [--config
 * FILE]
 */
import { parseArgs } from 'node:util';
import { recordOf } from '../../model/base/error.ts';
import { exitCodeOf } from '../../model/base/error-codes.ts';
import { readSettings } from '../../system/root/config-file.ts';

try {
	const { values } = parseArgs({ options: { root: { type: 'string' }, config: { type: 'string' } } });
	process.stdout.write(JSON.stringify(readSettings(values.root ?? '.', values.config)));
} catch (thrown) {
	const error = recordOf(thrown);
	process.stdout.write(JSON.stringify(error));
	process.exitCode = exitCodeOf(error.code);
}
