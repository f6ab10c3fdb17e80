/** The manager as a process: `manager --root DIR --listen ADDR`. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ErrorRecord, problem, recordOf } from '../../model/base/error.ts';
import { EXIT, exitCodeOf } from '../../model/base/error-codes.ts';
import { installedVersion } from '../../system/process/version.ts';
import { parseListenAddress } from './http/listen-address.ts';
import { type Manager, type ManagerOptions, startManager } from './server.ts';

const USAGE =
	'usage: manager [--root DIR] [--listen HOST:PORT|unix:PATH] [--legacy-name NAME] [--unprotected]';

function readArguments(words: readonly string[]): ManagerOptions {
	const { values } = parseArgs({
		args: [...words],
		options: {
			root: { type: 'string', default: '.' },
			// `signalbox --config FILE manager` passes it on. Only root can read that file, and the manager needs
			// none of it.
			config: { type: 'string' },
			listen: { type: 'string', default: '127.0.0.1:3006' },
			'legacy-name': { type: 'string' },
			unprotected: { type: 'boolean', default: false },
		},
	});
	return {
		root: resolve(values.root),
		listen: parseListenAddress(values.listen),
		legacyName: values['legacy-name'],
		protection: values.unprotected ? 'unprotected' : 'local-only',
	};
}

function optionsOrUsage(words: readonly string[]): ManagerOptions {
	try {
		return readArguments(words);
	} catch (thrown) {
		if (thrown instanceof TypeError)
			throw problem('usage', `cannot read the arguments: ${thrown.message}`, USAGE);
		throw thrown;
	}
}

/** Closes on TERM and INT, after pending requests have been answered. */
function closeOnSignal(manager: Manager): void {
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.on(signal, () => {
			manager.close().then(
				() => process.exit(EXIT.done),
				(thrown) => fail(recordOf(thrown)),
			);
		});
	}
}

function fail(error: ErrorRecord): void {
	process.stderr.write(`signalbox: ${error.message} [${error.code}]\n  hint: ${error.hint}\n`);
	process.exit(exitCodeOf(error.code));
}

try {
	const manager = await startManager(optionsOrUsage(process.argv.slice(2)));
	closeOnSignal(manager);
	process.stdout.write(`signalbox-manager ${installedVersion()} listens on ${manager.address}\n`);
} catch (thrown) {
	fail(recordOf(thrown));
}
