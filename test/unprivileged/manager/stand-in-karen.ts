/** A stand-in for karen: polls the signals, answers as configured, and records what came. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../../../src/model/base/layout.ts';
import {
	type SignalReport,
	type SignalState,
	type Stamp,
	stampOf,
} from '../../../src/model/signal/signal.ts';
import { type Access, replaceWhole } from '../../../src/system/files/replace-file.ts';

export interface Rung {
	readonly name: string;
	readonly payload: string;
	readonly stamp: Stamp;
}

/** Acts as the trigger and returns how it ended; `running` leaves it running. */
export type Trigger = (
	rung: Rung,
) => SignalState | Partial<SignalReport> | Promise<SignalState | Partial<SignalReport>>;

export class StandInKaren {
	readonly rings: Rung[] = [];
	readonly #layout: Layout;
	readonly #triggers: Readonly<Record<string, Trigger>>;
	readonly #access: Access;
	readonly #seen = new Map<string, Stamp>();
	readonly #timer: NodeJS.Timeout;

	constructor(layout: Layout, triggers: Readonly<Record<string, Trigger>>, access: Access = { mode: 0o640 }) {
		this.#layout = layout;
		this.#triggers = triggers;
		this.#access = access;
		this.#timer = setInterval(() => this.#look(), 5);
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	namesRung(): string[] {
		return this.rings.map((rung) => rung.name);
	}

	#look(): void {
		for (const name of readdirSync(this.#layout.signals).filter((one) => !one.startsWith('.'))) {
			const path = join(this.#layout.signals, name);
			const stamp = stampOf(lstatSync(path, { bigint: true }));
			if (this.#seen.get(name) === stamp) continue;
			this.#seen.set(name, stamp);
			const rung = { name, stamp, payload: readFileSync(path, 'utf8') };
			this.rings.push(rung);
			void this.#run(rung);
		}
	}

	async #run(rung: Rung): Promise<void> {
		this.report(rung, { state: 'running' });
		const end = await this.#triggers[rung.name]?.(rung);
		if (end !== undefined) this.report(rung, typeof end === 'string' ? { state: end } : end);
	}

	report(rung: Rung, further: Partial<SignalReport>): void {
		const now = new Date().toISOString();
		const report: SignalReport = {
			schema: 1,
			name: rung.name,
			run: `run-${this.rings.length}`,
			state: 'running',
			stamp: rung.stamp,
			seen: rung.stamp,
			receivedAt: now,
			startedAt: now,
			endedAt: null,
			exitCode: null,
			killedBy: null,
			output: '',
			error: null,
			process: null,
			...further,
		};
		replaceWhole(join(this.#layout.signalReports, `${rung.name}.json`), JSON.stringify(report), this.#access);
	}
}
