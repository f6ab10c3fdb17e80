import { nodeProgram, programPath } from '../../../system/process/program.ts';
import { isGiven, textOf } from '../../../terminal/subcommand.ts';
import { publicLayout } from '../located-root.ts';
import { runProgram } from '../run-program.ts';
import type { Common, Subcommand } from '../subcommand.ts';

interface ManagerOptions extends Common {
	/** Options that are passed on to the manager. */
	readonly passedOn: readonly string[];
}

/** `signalbox manager`: runs the HTTP API in the foreground. */
export const manager: Subcommand<ManagerOptions> = {
	name: 'manager',
	summary: 'run the HTTP API, in the foreground',
	args: [],
	options: [
		['--listen <addr>', 'host:port or unix:PATH; default: 127.0.0.1:3006'],
		[
			'--legacy-name <name>',
			'the NAME in “Your NAME is up-to-date”; default: the first word of the release’s name',
		],
		['--unprotected', 'allow an address that other machines reach; anyone who reaches it can start updates'],
	],
	examples: [
		{
			line: 'signalbox manager --listen 127.0.0.1:3006',
			what: 'listen on the loopback interface until Ctrl-C',
		},
		{
			line: 'signalbox --root /citadel manager --listen unix:/run/signalbox.sock',
			what: 'listen on a socket, behind a proxy',
		},
	],
	parse(given, common) {
		const [listen, name] = [textOf(given, 'listen'), textOf(given, 'legacyName')];
		const passedOn = [
			...(listen === undefined ? [] : ['--listen', listen]),
			...(name === undefined ? [] : ['--legacy-name', name]),
			...(isGiven(given, 'unprotected') === 'yes' ? ['--unprotected'] : []),
		];
		return { ...common, passedOn };
	},
	run: async (options, world) => {
		const main = programPath('manager');
		return runProgram(nodeProgram, [main, '--root', publicLayout(options, world).root, ...options.passedOn]);
	},
};
