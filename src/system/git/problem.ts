/** Turns git's error output into errors with advice. */
import { dirname } from 'node:path';
import { problem } from '../../model/base/error.ts';
import { findClosed } from '../access/readable-by.ts';
import type { ToolEnd } from '../process/run-tool.ts';
import { type GitRemote, protocolOf, publicUrl } from './command.ts';
import { localSource } from './local.ts';

/** The error for a store that cannot be used. */
export function storeProblem(remote: GitRemote, end: ToolEnd): Error {
	const facts = { store: remote.store, ...factsOf(end) };
	const account = remote.account?.();
	const closed = account === undefined ? undefined : findClosed(dirname(remote.store), account, 'passing');
	if (closed !== undefined) {
		const hint = `open ${closed} for passing (chmod o+x), or put the state elsewhere (\`state\` in the configuration)`;
		return problem(
			'fetcher-unready',
			`cannot read the source: ${closed} is closed to the fetcher, whose store lies below it`,
			hint,
			{
				facts,
			},
		);
	}
	const hint = 'look at the facts; the store may be removed, it is fetched anew';
	return problem('io-error', 'cannot use the store of fetched releases', hint, { facts, retry: 'later' });
}

/** The error for a source that cannot be read. */
export function remoteProblem(remote: GitRemote, end: ToolEnd): Error {
	const url = publicUrl(remote.url);
	const facts = { url, git: factsOf(end).git.replaceAll(remote.url, url) };
	if (end.kind === 'timed-out') {
		const message = `cannot read the source: it did not answer within ${remote.timeout / 1000} s`;
		return problem('source-timeout', message, 'ask again later, or raise source.timeout', {
			facts,
			retry: 'later',
		});
	}
	if (/fsck error/.test(facts.git)) {
		const hint = 'ask its author to publish a release of plain files';
		return problem(
			'content-refused',
			'cannot take what the source sent: git finds it malformed or malicious',
			hint,
			{ facts },
		);
	}
	const refused = refusedSource(remote, facts);
	if (refused !== undefined) return refused;
	if (isClocksDoing(remote, facts.git)) {
		const hint = 'set the clock, or see that the box reaches its time server; then ask again';
		return problem(
			'clock-not-set',
			`cannot read the source ${url}: the clock is not set, so no certificate is valid`,
			hint,
			{
				facts,
				retry: 'later',
			},
		);
	}
	return problem(
		'source-unreachable',
		`cannot read the source ${url}`,
		'look at the network, the URL and the facts, then ask again',
		{
			facts,
			retry: 'later',
		},
	);
}

/** Returns the error if the source exists and denies access. */
function refusedSource(
	remote: GitRemote,
	facts: { readonly url: string; readonly git: string },
): Error | undefined {
	if (/dubious ownership/.test(facts.git)) return otherUserProblem(remote);
	const local = localSource(remote);
	const closed = local === undefined ? undefined : findClosed(local.path, local.account);
	if (closed !== undefined) {
		const hint = `open ${closed} for reading (chmod o+rX), or serve the source over HTTP`;
		return problem(
			'source-refused',
			`cannot read the source: ${closed} is closed to the user who reads it`,
			hint,
			{ facts },
		);
	}
	if (protocolOf(remote.url) !== 'ssh' || !NO_KEY.test(facts.git)) return undefined;
	const hint =
		'give the user who reads the source a key, and the key of the server in known_hosts, both in .ssh of that user’s home';
	return problem(
		'source-refused',
		`cannot read the source ${facts.url}: ssh has no key that counts there`,
		hint,
		{ facts },
	);
}

/**
 * ssh reads keys from the home directory in the user database, and refuses a user who is not listed there.
 */
const NO_KEY =
	/Permission denied \(|Host key verification failed|No user exists for uid|No .* host key is known/;

/** The error for another user's repository: its owner controls what git serves from it. */
export function otherUserProblem({ url }: GitRemote): Error {
	const hint = 'serve it over HTTP, or give it to root';
	return problem('source-refused', 'cannot read the source: its repository belongs to another user', hint, {
		facts: { url: publicUrl(url) },
	});
}

/**
 * git with OpenSSL reports that a certificate is not valid yet; git with GnuTLS reports only that it is not
 * valid.
 */
function isClocksDoing(remote: GitRemote, said: string): boolean {
	if (/not yet (valid|activated)/i.test(said)) return true;
	return /certificate/i.test(said) && remote.clock() === 'not-set';
}

function factsOf(end: ToolEnd): { readonly git: string } {
	return { git: end.kind === 'done' ? '' : end.stderr.trim().slice(-500) };
}
