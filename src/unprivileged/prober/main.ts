/**
 * Asks one question over the network for the updater, which is root: `main.ts QUESTION MILLISECONDS`, the question as JSON. Ends
 * with 0 when the box is well, else with 1 and a sentence on stderr. Gives up all rights before it opens a connection.
 */
import type { Question } from '../../model/config/probe.ts';
import { askHttp } from './ask-http.ts';
import { askTcp } from './ask-tcp.ts';

/** nobody, which is the same number everywhere. */
const NOBODY = 65_534;

/**
 * The user is changed here and not by who starts us: the tree that we are read from may be closed to nobody.
 * Groups go first: afterwards we may not change them any more.
 */
function giveUpRights(): void {
	if (process.geteuid?.() !== 0) return;
	process.setgroups?.([]);
	process.setgid?.(NOBODY);
	process.setuid?.(NOBODY);
}

async function answerOf(question: Question, timeout: number): Promise<string> {
	switch (question.kind) {
		case 'http':
			return await askHttp(question, timeout);
		case 'tcp':
			return await askTcp(question, timeout);
		case 'command':
		case 'unit':
		case 'source':
			return `a ${question.kind} is not asked over the network`;
	}
}

giveUpRights();
const [question = '', timeout = ''] = process.argv.slice(2);
// Our own updater wrote it, from a configuration or terms that it had parsed.
const complaint = await answerOf(JSON.parse(question) as Question, Number(timeout));
process.stderr.write(complaint);
process.exit(complaint === '' ? 0 : 1);
