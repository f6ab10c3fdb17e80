/** The names of a release's hooks. */
import type { Brand } from '../base/brand.ts';

/** The file name of a hook, `NN-run.sh`. */
export type HookName = Brand<string, 'HookName'>;

const HOOK = /^[A-Za-z0-9][A-Za-z0-9._-]{0,60}-run\.sh$/;

/** Returns the hook name in `text`, or undefined. Older releases have one `bootstrap-run.sh`. */
export function parseHookName(text: string): HookName | undefined {
	return HOOK.test(text) ? (text as HookName) : undefined;
}

/** Returns whether the hook runs after the commit. Hooks from 03 on do; they are never undone. */
export function runsAfterCommit(hook: HookName): boolean {
	const number = /^(\d+)/.exec(hook)?.[1];
	return number !== undefined && Number(number) >= 3;
}
