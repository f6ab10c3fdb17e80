/** Starts the fetcher according to the configuration. */
import { X509Certificate } from 'node:crypto';
import { problem } from '../../model/base/error.ts';
import type { Config } from '../../model/config/config.ts';
import type { FetchSettings } from '../../model/publication/fetch-protocol.ts';
import { findUntrustedWriter } from '../../system/access/untrusted-writer.ts';
import { fetcherAccount } from '../../system/fetcher/account.ts';
import { Fetcher } from '../../system/fetcher/process.ts';
import { readSmall } from '../../system/files/read-file.ts';
import { programPath } from '../../system/process/program.ts';

/** The period over which the minimum rate is averaged, in milliseconds. */
const WINDOW = 30_000;
const CERTIFICATES_MAX_BYTES = 4 * 1024 * 1024;

/**
 * Starts the fetcher; the caller closes it. Throws `fetcher-unready`, `fetcher-failed`, and `config-invalid`
 * or `config-unsafe` for the certificate file.
 */
export async function openFetcher(config: Config['fetcher'], state: string): Promise<Fetcher> {
	return await Fetcher.start({
		program: programPath('fetcher'),
		state,
		account: fetcherAccount(config.user),
		settings: settingsOf(config),
	});
}

function settingsOf({
	proxy,
	redirects,
	certificates,
	connect,
	answer,
	idle,
	rate,
	parallel,
}: Config['fetcher']): FetchSettings {
	return {
		proxy: proxy ?? null,
		redirects,
		certificates: certificates === undefined ? null : readCertificates(certificates),
		limits: { connect, answer, idle, rate, window: WINDOW },
		parallel,
	};
}

/**
 * Root reads the certificates, because the fetcher may lack permission. An invalid certificate would
 * otherwise be ignored silently.
 */
function readCertificates(path: string): string {
	const untrusted = findUntrustedWriter(path, [process.geteuid?.() ?? 0]);
	if (untrusted !== undefined) {
		const hint =
			'make root the owner of it and of all directories above it, and remove write access for others';
		throw problem('config-unsafe', `cannot trust the certificates: ${untrusted}`, hint, { facts: { path } });
	}
	const read = readSmall(path, CERTIFICATES_MAX_BYTES);
	const text = read.kind === 'file' ? read.bytes.toString('latin1') : '';
	const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
	if (found.length === 0 || !found.every(isCertificate)) {
		const hint = 'name a file of certificates in PEM';
		throw problem(
			'config-invalid',
			`cannot use fetcher.certificates: ${path} holds no certificates, or broken ones`,
			hint,
			{
				facts: { path },
			},
		);
	}
	return found.join('\n');
}

function isCertificate(text: string): boolean {
	try {
		return new X509Certificate(text).serialNumber !== '';
	} catch {
		return false;
	}
}
