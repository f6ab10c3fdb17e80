/** Where the manager listens: only on addresses of this machine, as long as it has no logins. */
import { isIPv4, isIPv6 } from 'node:net';
import { type Problem, problem } from '../../../model/base/error.ts';

export type ListenAddress =
	| { readonly kind: 'unix'; readonly path: string }
	| { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/**
 * `unprotected` must be requested explicitly: every client that reaches the address can then start updates.
 */
export type Protection = 'local-only' | 'unprotected';

/** Parses `host:port`, `[v6]:port`, `:port` (loopback) or `unix:PATH`. Throws `usage`. */
export function parseListenAddress(text: string): ListenAddress {
	if (text.startsWith('unix:')) {
		const path = text.slice('unix:'.length);
		// The kernel truncates longer paths silently.
		if (path === '' || Buffer.byteLength(path) > 107) throw unreadable(text);
		return { kind: 'unix', path };
	}
	const [, v6, host = '', port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text) ?? [];
	if (port === undefined || Number(port) > 65_535 || (v6 !== undefined && !isIPv6(v6)))
		throw unreadable(text);
	return {
		kind: 'tcp',
		host: v6 ?? (host === '' || host === 'localhost' ? '127.0.0.1' : host),
		port: Number(port),
	};
}

function unreadable(text: string): Problem {
	return problem(
		'usage',
		`cannot listen on ${JSON.stringify(text.slice(0, 200))}`,
		'give host:port, [v6]:port or unix:PATH',
		{
			facts: { listen: text.slice(0, 200) },
		},
	);
}

/**
 * Throws `config-unsafe` for an address that other machines can reach, and for names, which may resolve to
 * one.
 */
export function requireLocal(address: ListenAddress, protection: Protection): void {
	if (protection === 'unprotected' || address.kind === 'unix' || isLoopback(address.host)) return;
	const hint =
		'listen on 127.0.0.1:PORT, [::1]:PORT or unix:PATH behind a proxy that requires a login, or pass --unprotected';
	throw problem(
		'config-unsafe',
		`cannot listen on ${addressText(address)}: every machine that reaches it could start updates`,
		hint,
		{
			facts: { listen: addressText(address) },
		},
	);
}

function isLoopback(host: string): boolean {
	if (isIPv4(host)) return host.startsWith('127.');
	// The URL parser normalises an address, however many zeros it was written with.
	return isIPv6(host) && new URL(`http://[${host}]`).hostname === '[::1]';
}

export function addressText(address: ListenAddress): string {
	switch (address.kind) {
		case 'unix':
			return `unix:${address.path}`;
		case 'tcp':
			return `http://${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
	}
}
