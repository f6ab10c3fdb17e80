/** The command line of signalbox-tuf-client: the three commands of the public tuf-conformance suite. */
import { parseArgs } from 'node:util';
import { problem } from '../../../model/base/error.ts';

export type Command =
	| { readonly kind: 'help' }
	| { readonly kind: 'init'; readonly metadataDir: string; readonly root: string }
	| { readonly kind: 'refresh'; readonly metadataDir: string; readonly metadataUrl: string }
	| {
			readonly kind: 'download';
			readonly metadataDir: string;
			readonly metadataUrl: string;
			readonly targetBaseUrl: string;
			readonly targetDir: string;
			/** In the requested order; at least one. */
			readonly targets: readonly string[];
	  };

export const USAGE = `usage: signalbox-tuf-client --metadata-dir DIR init ROOTFILE
       signalbox-tuf-client --metadata-dir DIR --metadata-url URL refresh
       signalbox-tuf-client --metadata-dir DIR --metadata-url URL
                            --target-name PATH… --target-base-url URL --target-dir DIR download
`;

const OPTIONS = {
	'metadata-dir': { type: 'string' },
	'metadata-url': { type: 'string' },
	'target-base-url': { type: 'string' },
	'target-dir': { type: 'string' },
	'target-name': { type: 'string', multiple: true },
	help: { type: 'boolean' },
} as const;

/** Returns the parsed command. Throws `usage` with the complete usage as its hint. */
export function parseCommand(args: readonly string[]): Command {
	const { values, positionals } = parsed(args);
	if (values.help === true) return { kind: 'help' };
	const [command, ...rest] = positionals;
	const needed = (name: 'metadata-dir' | 'metadata-url' | 'target-base-url' | 'target-dir') => {
		const value = values[name];
		if (value === undefined || value === '') throw misused(`--${name} is missing`);
		return value;
	};
	switch (command) {
		case 'init': {
			const [root] = rest;
			if (root === undefined || rest.length > 1) throw misused('init takes one file');
			return { kind: 'init', metadataDir: needed('metadata-dir'), root };
		}
		case 'refresh':
			if (rest.length > 0) throw misused('refresh takes no arguments');
			return { kind: 'refresh', metadataDir: needed('metadata-dir'), metadataUrl: needed('metadata-url') };
		case 'download': {
			const targets = values['target-name'] ?? [];
			if (rest.length > 0 || targets.length === 0)
				throw misused('download takes --target-name, once or more');
			const [metadataDir, metadataUrl] = [needed('metadata-dir'), needed('metadata-url')];
			return {
				kind: 'download',
				metadataDir,
				metadataUrl,
				targetBaseUrl: needed('target-base-url'),
				targetDir: needed('target-dir'),
				targets,
			};
		}
		default:
			throw misused(command === undefined ? 'no command' : `there is no command ${command}`);
	}
}

function parsed(args: readonly string[]) {
	try {
		return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
	} catch (thrown) {
		throw misused(thrown instanceof Error ? thrown.message : String(thrown));
	}
}

function misused(why: string): Error {
	return problem('usage', `cannot understand the command line: ${why}`, USAGE.trimEnd());
}
