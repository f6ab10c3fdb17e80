/** The first line of a hook, which tells the kernel which interpreter to start. */

/** How many bytes of a hook are examined. */
const HOOK_HEAD_BYTES = 256;

/** Hooks are shell scripts; a larger one is an attack or an accident. */
export const HOOK_MAX_BYTES = 4 * 1024 * 1024;

export type HookHead =
	/** `program` of `#!/usr/bin/env -S bash -u` is `bash`. */
	| { readonly kind: 'interpreter'; readonly program: string }
	| { readonly kind: 'fault'; readonly why: string };

/** Returns the interpreter that the first bytes of a hook name, or why the hook cannot run. Trust: none. */
export function readHookHead(bytes: Uint8Array): HookHead {
	const line = Buffer.from(bytes.subarray(0, HOOK_HEAD_BYTES)).toString('latin1').split('\n')[0] ?? '';
	if (line.endsWith('\r')) return { kind: 'fault', why: 'its lines end in CRLF, which no interpreter takes' };
	const program = interpreterIn(line);
	return program === undefined
		? { kind: 'fault', why: 'it does not begin with #! and an interpreter' }
		: { kind: 'interpreter', program };
}

function interpreterIn(line: string): string | undefined {
	const [, interpreter, rest = ''] = /^#!\s*(\S+)(.*)$/.exec(line) ?? [];
	const named = interpreter?.endsWith('/env')
		? rest.split(/\s+/).find((word) => word !== '' && !word.startsWith('-'))
		: undefined;
	return named ?? interpreter;
}
