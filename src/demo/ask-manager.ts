/** The demo's requests to the manager, the same as a dashboard's. */

import { asObject } from '../model/base/json.ts';
import type { Available } from '../model/release/plan.ts';
import { AVAILABLE_FILE } from '../model/status/published.ts';

import type { World } from '../terminal/world.ts';
import { expect, failedClaim, interrupted } from './claims.ts';

const HTTP_LIMIT = 60_000;

/** Returns the plan: the releases on the path to the newest one. */
export async function askPlan(url: string, world: World): Promise<Available> {
	return parsePlan(await ask(`${url}/api/v1/update`, 'GET', undefined, world));
}

/** Requests an update; returns when the manager has sent the signal. */
export async function askUpdate(url: string, tag: string, world: World): Promise<void> {
	await ask(`${url}/api/v1/update`, 'POST', JSON.stringify({ to: tag }), world);
}

/** Returns how the release of the last update was verified. */
export async function askTrust(url: string, world: World): Promise<unknown> {
	return asObject(asObject(await ask(`${url}/api/v1/status`, 'GET', undefined, world))?.['last'])?.['trust'];
}

/** Returns the manager's answer. Throws `demo-failed` if it refuses. */
async function ask(
	url: string,
	method: 'GET' | 'POST',
	body: string | undefined,
	world: World,
): Promise<unknown> {
	const signal = AbortSignal.any([world.interrupted, AbortSignal.timeout(HTTP_LIMIT)]);
	const headers = body === undefined ? {} : { 'content-type': 'application/json' };
	try {
		const answer = await fetch(url, { method, signal, headers, ...(body === undefined ? {} : { body }) });
		const text = await answer.text();
		expect(answer.ok, `the manager answered ${answer.status} to ${method} ${url}: ${text.slice(0, 500)}`);
		return JSON.parse(text);
	} catch (thrown) {
		if (world.interrupted.aborted) throw interrupted(world);
		throw thrown;
	}
}

function parsePlan(value: unknown): Available {
	const plan = AVAILABLE_FILE.parse(Buffer.from(JSON.stringify(value)));
	if (plan === undefined) throw failedClaim('the manager has no plan');
	return plan;
}
