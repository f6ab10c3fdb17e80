/** Asks for a secret at the terminal, without showing it: the one file that knows @clack/prompts. */
import { isCancel, password } from '@clack/prompts';

/** Returns what was typed, or undefined when there is no terminal or the person left. Results on stdout are not disturbed. */
export async function askSecret(question: string): Promise<string | undefined> {
	if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
	const typed = await password({ message: question, output: process.stderr });
	return isCancel(typed) ? undefined : typed;
}
