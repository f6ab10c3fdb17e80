/** What git says, as errors that tell people what to do. */
import { problem } from '../model/error.ts';
import { type GitRemote, publicUrl } from './git-command.ts';
import type { ToolEnd } from './run-tool.ts';

/** The store on this machine cannot be used. */
export function storeProblem(remote: GitRemote, end: ToolEnd): Error {
	return problem(
		'io-error',
		'cannot use the store of fetched releases',
		'look at the facts; the store may be removed, it is fetched anew',
		{
			facts: { store: remote.store, ...factsOf(end) },
			retry: 'later',
		},
	);
}

/** The source cannot be read. */
export function remoteProblem(remote: GitRemote, end: ToolEnd): Error {
	const url = publicUrl(remote.url);
	const facts = { url, git: factsOf(end).git.replaceAll(remote.url, url) };
	if (end.kind === 'timed-out') {
		const message = `cannot read the source: it did not answer within ${remote.timeout / 1000} s`;
		return problem('source-timeout', message, 'ask again later, or raise source.timeout', { facts, retry: 'later' });
	}
	if (/fsck error/.test(facts.git)) {
		const hint = 'ask its author to publish a release of plain files';
		return problem('content-refused', 'cannot take what the source sent: git finds it malformed or malicious', hint, { facts });
	}
	if (/dubious ownership/.test(facts.git)) {
		return problem(
			'source-refused',
			'cannot read the source: its repository belongs to another user',
			'serve it over HTTP, or give it to root',
			{ facts },
		);
	}
	if (isClocksDoing(remote, facts.git)) {
		const hint = 'set the clock, or see that the box reaches its time server; then ask again';
		return problem('clock-not-set', `cannot read the source ${url}: the clock is not set, so no certificate is valid`, hint, {
			facts,
			retry: 'later',
		});
	}
	return problem('source-unreachable', `cannot read the source ${url}`, 'look at the network, the URL and the facts, then ask again', {
		facts,
		retry: 'later',
	});
}

/** git with OpenSSL says that a certificate is not valid yet; with GnuTLS only that it is not valid. */
function isClocksDoing(remote: GitRemote, said: string): boolean {
	if (/not yet (valid|activated)/i.test(said)) return true;
	return /certificate/i.test(said) && remote.clock() === 'not-set';
}

function factsOf(end: ToolEnd): { readonly git: string } {
	return { git: end.kind === 'done' ? '' : end.stderr.trim().slice(-500) };
}
