/**
 * The API that dashboards of Umbrel and Citadel expect, with the same bodies, status codes and quirks
 * (Citadel contract §5.3). Errors are bare JSON strings; "up to date" is a string too, and no error.
 */
import type { FastifyInstance } from 'fastify';
import type { ErrorRecord } from '../../../model/base/error.ts';
import { ERRORS } from '../../../model/base/error-codes.ts';
import type { Available } from '../../../model/release/plan.ts';
import type { Checks } from '../requests/checks.ts';
import type { Start, Starts } from '../requests/starts.ts';
import { type Box, openChangeIn, valueIn } from '../status/box.ts';
import { legacyStatus } from '../status/legacy-status.ts';
import type { StatusFile } from '../status/status-file.ts';
import { KeptBody, sendBody, sendJson } from './body.ts';

export interface LegacyParts {
	readonly box: Box;
	readonly checks: Checks;
	readonly starts: Starts;
	readonly status: StatusFile;
	/** The name in "Your Umbrel is up-to-date"; undefined: the first word of the installed release's name. */
	readonly name: string | undefined;
	/** Receives the reason why an update was not started, for which the answer has no room. */
	readonly tell: (error: ErrorRecord) => void;
}

/** Older managers answered "up to date" whenever there was no path. */
function hasNoPath({ code }: ErrorRecord): boolean {
	return ERRORS[code].scope === 'path';
}

export function legacyRoutes(
	app: FastifyInstance,
	{ box, checks, starts, status, name, tell }: LegacyParts,
): void {
	const info = new KeptBody();
	const offer = new KeptBody();
	const shown = new KeptBody();

	app.get('/info', (request, reply) => {
		const published = box.info.glance();
		if (published.kind !== 'value') return sendJson(reply, 500, 'Unable to get system information');
		return sendBody(
			request,
			reply,
			info.of([published], () => published.value.raw),
		);
	});

	app.get('/get-update', async (request, reply) => {
		const available = await checks.plan().then(
			(checked) => checked.available,
			() => undefined,
		);
		const answer = available === undefined ? undefined : offerIn(available, nameOf(box, name));
		if (answer === undefined) return sendJson(reply, 500, 'Unable to check for update');
		return sendBody(
			request,
			reply,
			offer.of([available, nameOf(box, name)], () => answer),
		);
	});

	app.get('/update-status', async (request, reply) => {
		const whole = status.lastGood() ?? (await status.whole());
		if (whole === undefined) return sendJson(reply, 500, 'Unable to get update status');
		const change = openChangeIn(box.change.glance());
		return sendBody(
			request,
			reply,
			shown.of([whole, change], () => legacyStatus(whole, change)),
		);
	});

	app.post('/update', async (_request, reply) => {
		const start = await starts.start(undefined);
		const { code, body } = startAnswer(start, nameOf(box, name));
		if (start.kind === 'not-started' && code === 500 && start.at !== 'change') tell(start.error);
		return sendJson(reply, code, body);
	});
}

/** Returns the info.json of the next release, or the "up to date" string; undefined when neither is true. */
function offerIn(plan: Available, name: string): unknown {
	const next = plan.path[0];
	if (next !== undefined) return next.info;
	return plan.reason === null || hasNoPath(plan.reason) ? upToDate(name) : undefined;
}

function startAnswer(start: Start, name: string): { readonly code: number; readonly body: unknown } {
	if (start.kind === 'started')
		return { code: 200, body: { message: `Updating to ${name} v${start.version}` } };
	switch (start.at) {
		case 'plan':
			return planAnswer(start.error, name);
		case 'change':
			return { code: 500, body: 'An update is already in progress' };
		case 'status-file':
			return { code: 500, body: 'Could not update the update-status file' };
		case 'signal':
			return { code: 500, body: 'Unable to start the update process' };
	}
}

function planAnswer(error: ErrorRecord, name: string): { readonly code: number; readonly body: string } {
	return hasNoPath(error)
		? { code: 200, body: upToDate(name) }
		: { code: 500, body: 'Unable to check for update' };
}

function upToDate(name: string): string {
	return `Your ${name} is up-to-date`;
}

/** Releases are named "Umbrel 0.4.18" or "Citadel 0.0.7"; the name is their first word. */
function nameOf(box: Box, name: string | undefined): string {
	if (name !== undefined) return name;
	return /^\p{L}[\p{L}\p{N}-]*/u.exec(valueIn(box.info.glance())?.name ?? '')?.[0] ?? 'Signalbox';
}
