/** Asks for a secret at the terminal without echoing it; the only file that imports @clack/prompts. */
import { isCancel, password } from '@clack/prompts';

/** Returns the input, or undefined without a terminal or when the user cancels. Writes nothing to stdout. */
export async function askSecret(question: string): Promise<string | undefined> {
	if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
	const typed = await password({ message: question, output: process.stderr });
	return isCancel(typed) ? undefined : typed;
}
