/**
 * Answers one network probe: `main.ts QUESTION MILLISECONDS`, the question as JSON. Exits with 0 when the
 * service is healthy, otherwise with 1 and a sentence on stderr. The updater starts it in a sandbox, never as
 * root.
 */
import type { Question } from '../../model/config/probe.ts';
import { askHttp } from './ask-http.ts';
import { askTcp } from './ask-tcp.ts';

async function answerOf(question: Question, timeout: number): Promise<string> {
	switch (question.kind) {
		case 'http':
			return await askHttp(question, timeout);
		case 'tcp':
			return await askTcp(question, timeout);
		case 'command':
		case 'unit':
		case 'source':
			return `a probe of kind ${question.kind} does not use the network`;
	}
}

const [question = '', timeout = ''] = process.argv.slice(2);
// The updater wrote the question from a configuration or release terms that it had parsed.
const complaint = await answerOf(JSON.parse(question) as Question, Number(timeout));
process.stderr.write(complaint);
process.exit(complaint === '' ? 0 : 1);
