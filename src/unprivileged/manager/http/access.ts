/** Which requests are admitted. Logins will be checked here and nowhere else. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BadRequestError } from './error.ts';

export type Access = 'public' | 'login';

/**
 * Routes that need no login: dashboards poll them while the user is logged out, which the restart during an
 * update causes (Citadel contract §5.3).
 */
const PUBLIC: ReadonlySet<string> = new Set(['/ping', '/v1/system/update-status']);

function accessOf(route: string): Access {
	return PUBLIC.has(route) ? 'public' : 'login';
}

/**
 * Admits a request or throws. There are no logins yet, so the manager listens only on addresses of this
 * machine (listen-address.ts). Every route that is not public already passes through here.
 */
export async function authorise(request: FastifyRequest, _reply: FastifyReply): Promise<void> {
	const access = accessOf(request.routeOptions.url ?? '');
	switch (access) {
		case 'public':
			return;
		case 'login':
			return refuseOtherSites(request);
	}
}

/**
 * A page of another site, open in a browser on this machine, can reach loopback too; the browser's header
 * tells.
 */
function refuseOtherSites(request: FastifyRequest): void {
	if (
		request.method === 'GET' ||
		request.method === 'HEAD' ||
		request.headers['sec-fetch-site'] !== 'cross-site'
	)
		return;
	throw new BadRequestError(403, 'sec-fetch-site is cross-site');
}
