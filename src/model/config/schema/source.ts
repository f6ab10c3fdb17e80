/** Schemas of the tables `[source]` and `[fetcher]`: where releases come from and how they are downloaded. */
import * as z from 'zod';
import { absolutePath, channelName, size, span, text, user } from './fields.ts';
import { isWebUrl } from './trust.ts';

export const source = z
	.strictObject({
		kind: z
			.enum(['git', 'publisher', 'directory'])
			.prefault('git')
			.describe(
				'where releases come from: a git repository, or a published repository on a web server or in a directory',
			),
		url: text()
			.refine((value) => !value.startsWith('-'), 'is not a URL')
			.describe(
				'git: https://, http://, ssh:// or file:// URL, or an absolute path; publisher: https:// or http:// URL; directory: an absolute path',
			),
		channel: channelName
			.prefault('main')
			.describe(
				'announces the newest release: for git with trust "unsigned" the ref whose info.json is read, otherwise a signed channel',
			),
		repository: channelName.prefault('signalbox').describe('git: the branch of manifests and signatures'),
		timeout: span.prefault('15m').describe('limit of one transfer'),
		probe: z
			.boolean()
			.prefault(true)
			.describe('whether a new release must be able to read the source before it is committed'),
		probe_deadline: span.prefault('5m').describe('how long a new release may take to read the source'),
	})
	.superRefine(({ kind, url }, context) => {
		const misfit = urlMisfit(kind, url);
		if (misfit !== undefined) context.addIssue({ code: 'custom', path: ['url'], message: misfit });
	});

function urlMisfit(kind: 'git' | 'publisher' | 'directory', url: string): string | undefined {
	switch (kind) {
		case 'git':
			return undefined;
		case 'publisher':
			return isWebUrl(url) ? undefined : 'is not an http:// or https:// URL, as kind = "publisher" needs';
		case 'directory':
			return url.startsWith('/') ? undefined : 'is not an absolute path, as kind = "directory" needs';
	}
}

/** Redirects are compared with origins in their normal form, so no other form is accepted. */
function isOrigin(value: string): boolean {
	return /^https?:\/\/[a-z0-9.:[\]-]+$/.test(value) && URL.parse(value)?.origin === value;
}

/** An http or https URL without a path; it may contain a user name and a password. */
function isProxy(value: string): boolean {
	const url = URL.parse(value);
	return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '';
}

export const fetcher = z.strictObject({
	user: user
		.prefault('signalbox-fetcher')
		.describe('the user who reads the network where the updater runs as root; never root'),
	proxy: text()
		.refine(isProxy, 'is not an http:// or https:// URL of a proxy')
		.optional()
		.describe('the proxy to use; proxies of the environment are ignored'),
	redirects: z
		.array(text().refine(isOrigin, 'is not an origin such as "https://files.example.org"'))
		.prefault([])
		.describe('origins to which a server may redirect, besides its own; never from https to http'),
	certificates: absolutePath
		.optional()
		.describe('a file of certificates (PEM) that are trusted instead of the usual ones'),
	connect: span.prefault('15s').describe('limit of a connection'),
	answer: span.prefault('60s').describe('limit until the headers of an answer arrive, redirects included'),
	idle: span.prefault('30s').describe('limit between two pieces of a file'),
	rate: size.prefault('1KB').describe('minimum bytes per second, on average over half a minute'),
	parallel: z.int().min(1).max(32).prefault(4).describe('how many files are fetched at once'),
});
