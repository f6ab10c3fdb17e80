/** A root for tests of the manager, and requests over real HTTP. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Layout, layoutOf } from '../../../src/model/base/layout.ts';
import type { ChangeStatus } from '../../../src/model/change/change.ts';
import type { Available } from '../../../src/model/release/plan.ts';
import { replaceWhole } from '../../../src/system/files/replace-file.ts';

export const AT_REST = { state: 'success', progress: 100, description: '', updateTo: '' };
export const INSTALLED = {
	version: '0.4.17',
	name: 'Umbrel 0.4.17',
	requires: '>=0.2.1',
	notes: 'old',
	build: 'abc',
};
export const NEXT = {
	version: '0.4.18',
	name: 'Umbrel 0.4.18',
	requires: '>=0.2.1',
	notes: 'new\nlines',
	isQuickUpdate: false,
};
const NEWEST = { version: '0.5.0', name: 'Umbrel 0.5', requires: '>=0.4.18', notes: 'newest' };

/** Makes a root with an installed 0.4.17 in a directory of its own. */
export function makeBox(): Layout {
	const root = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-manager-')));
	const layout = layoutOf(root, join(root, '.signalbox'));
	for (const directory of [layout.signals, layout.signalReports]) mkdirSync(directory, { recursive: true });
	writeFileSync(layout.info, JSON.stringify(INSTALLED));
	writeFileSync(layout.updateStatus, JSON.stringify(AT_REST, null, 2));
	return layout;
}

export function removeBox(layout: Layout): void {
	rmSync(layout.root, { recursive: true, force: true });
}

/** A fresh plan 0.4.17 → 0.4.18 → 0.5.0. */
export function planNow(further: Partial<Available> = {}): Available {
	return {
		schema: 1,
		installed: '0.4.17',
		newest: '0.5.0',
		path: [
			{ tag: 'v0.4.18', version: '0.4.18', info: NEXT },
			{ tag: '0.5.0', version: '0.5.0', info: NEWEST },
		],
		reason: null,
		space: null,
		checkedAt: new Date().toISOString(),
		trust: 'unsigned',
		news: null,
		...further,
	};
}

export function noPath(code: NonNullable<Available['reason']>['code']): Partial<Available> {
	return {
		path: [],
		reason: { code, message: `because of ${code}`, hint: 'wait', retry: 'later', facts: {} },
	};
}

export function publish(path: string, value: unknown): void {
	replaceWhole(path, JSON.stringify(value), { mode: 0o644 });
}

/** A change to 0.4.18 in progress. */
export function changeNow(further: Partial<ChangeStatus> = {}): ChangeStatus {
	const now = new Date().toISOString();
	return {
		schema: 1,
		change: '20261121-093000-1a2b',
		kind: 'update',
		state: 'installing',
		step: null,
		from: '0.4.17',
		to: '0.4.18',
		goal: '0.4.18',
		progress: 60,
		description: 'Installing',
		trust: 'unsigned',
		startedAt: now,
		at: now,
		endedAt: null,
		outcome: null,
		error: null,
		next: '',
		...further,
	};
}

export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly text: string;
	/** Fails when the text is not JSON. */
	json(): unknown;
}

export interface Question {
	readonly method?: string;
	readonly body?: string;
	readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to the manager at `address` (`http://…` or `unix:…`). */
export function ask(
	address: string,
	path: string,
	{ method = 'GET', body, headers = {} }: Question = {},
): Promise<Answer> {
	const type = body === undefined ? {} : { 'content-type': 'application/json' };
	const where = address.startsWith('unix:') ? { socketPath: address.slice(5), path } : {};
	const url = address.startsWith('unix:') ? `http://localhost${path}` : `${address}${path}`;
	return new Promise((resolve, reject) => {
		const sent = request(
			url,
			{ ...where, method, headers: { ...type, ...headers }, agent: false, timeout: 20_000 },
			(response) => {
				const parts: Buffer[] = [];
				response.on('data', (part: Buffer) => parts.push(part));
				response.on('end', () => {
					const text = Buffer.concat(parts).toString('utf8');
					resolve({
						status: response.statusCode ?? 0,
						headers: response.headers,
						text,
						json: () => JSON.parse(text) as unknown,
					});
				});
				response.on('error', reject);
			},
		);
		sent.on('error', reject);
		sent.end(body);
	});
}

/** Resolves when `met` holds. Fails after a minute. */
export async function until(met: () => boolean | Promise<boolean>): Promise<void> {
	const end = performance.now() + 60_000;
	while (!(await met())) {
		if (performance.now() > end) throw new Error(`never came true: ${met.toString()}`);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}
