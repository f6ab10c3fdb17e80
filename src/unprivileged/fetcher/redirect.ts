/** Decides whether a redirect may be followed. */
import type { Fault } from '../../model/publication/fetch-protocol.ts';

export type NextHop =
	| { readonly kind: 'url'; readonly url: URL }
	| { readonly kind: 'refused'; readonly why: (Fault & { readonly kind: 'redirect' })['why'] };

/** Returns the next URL: of an allowed origin, and never HTTP after HTTPS. */
export function nextHop(from: URL, location: string | undefined, origins: readonly string[]): NextHop {
	const url = location === undefined ? null : URL.parse(location, from.href);
	if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
		return { kind: 'refused', why: 'broken' };
	if (from.protocol === 'https:' && url.protocol === 'http:') return { kind: 'refused', why: 'plain' };
	return origins.includes(url.origin) ? { kind: 'url', url } : { kind: 'refused', why: 'origin' };
}
