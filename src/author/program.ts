/** `signalbox release`: the author's commands, in the order of their use. */
import type { CommandProgram } from '../terminal/command-line.ts';
import { bind } from '../terminal/subcommand.ts';
import { build } from './commands/build.ts';
import { keygen } from './commands/keygen.ts';
import { publish } from './commands/publish.ts';
import { refresh } from './commands/refresh.ts';
import { revoke } from './commands/revoke.ts';
import { rotateRoot } from './commands/rotate-root.ts';
import { sign } from './commands/sign.ts';
import { verify } from './commands/verify.ts';
import { type Common, commonOf } from './subcommand.ts';

export const RELEASE: CommandProgram<Common> = {
	name: 'signalbox release',
	description: 'Builds, signs and publishes releases, off the box.',
	options: [
		['--repository <dir>', 'the published repository; default: published'],
		['--draft <dir>', 'what is not published yet; default: the repository’s name and .draft'],
	],
	subcommands: [
		bind(keygen),
		bind(build),
		bind(sign),
		bind(publish),
		bind(verify),
		bind(refresh),
		bind(rotateRoot),
		bind(revoke),
	],
	exitCodes:
		'Exit codes: 0 done, 1 failed, 2 usage, 3 refused: a fault in the release, a missing signature, a wrong key, 6 busy.',
	commonOf,
};
