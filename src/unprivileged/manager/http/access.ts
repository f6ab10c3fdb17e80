/** Who may ask for what. The one place where logins will be checked. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BadRequestError } from './error.ts';

export type Access = 'public' | 'login';

/**
 * Answered to anybody: dashboards ask for these while nobody is logged in (Citadel contract §5.3: the user loses the login
 * during the restart that an update brings).
 */
const PUBLIC: ReadonlySet<string> = new Set(['/ping', '/v1/system/update-status']);

function accessOf(route: string): Access {
	return PUBLIC.has(route) ? 'public' : 'login';
}

/**
 * Admits a request or throws. There are no logins yet, which is why the manager listens where only users of this machine
 * come (listen-address.ts); every route that is not public passes through here, and so nothing else changes when logins come.
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

/** A page of another site, open in a browser on this machine, reaches loopback too. Browsers say so. */
function refuseOtherSites(request: FastifyRequest): void {
	if (
		request.method === 'GET' ||
		request.method === 'HEAD' ||
		request.headers['sec-fetch-site'] !== 'cross-site'
	)
		return;
	throw new BadRequestError(403, 'sec-fetch-site is cross-site');
}
