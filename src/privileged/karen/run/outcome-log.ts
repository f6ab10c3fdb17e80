/** Records what happens to signals: in the ledger, in their reports and in the log. */
import { type ErrorRecord, recordOf } from '../../../model/base/error.ts';
import type { SignalName } from '../../../model/signal/signal.ts';
import type { Log } from '../../../system/log.ts';
import { type Received, refusedReport } from '../report/make-report.ts';
import type { Reports } from '../report/reports.ts';
import type { Ledger, LedgerEntry } from '../watch/ledger.ts';
import type { Sighting } from '../watch/scanner.ts';

/** Maximum refusals reported per scan; the rest are only counted. */
const MAX_REFUSALS = 100;

export interface OutcomeWorld {
	readonly ledger: Ledger;
	readonly reports: Reports;
	readonly log: Log;
}

/** A touch that waits for its turn. */
export interface Waiting {
	readonly sighting: Sighting;
	readonly received: Received;
}

export interface Refused extends Waiting {
	readonly error: ErrorRecord;
}

/**
 * Appends to the ledger. Returns the error if that failed; it is also logged. `before` waits for the disk.
 */
export function writeLedger(
	{ ledger, log }: OutcomeWorld,
	entries: readonly LedgerEntry[],
	sync: 'before' | 'beside' = 'beside',
): ErrorRecord | undefined {
	try {
		ledger.write(entries);
		if (sync === 'before') ledger.sync();
		return undefined;
	} catch (thrown) {
		log.problem(recordOf(thrown), { what: 'the ledger could not be written' });
		return recordOf(thrown);
	}
}

export function reportRefusal(
	{ reports, log }: OutcomeWorld,
	name: SignalName,
	received: Received,
	error: ErrorRecord,
): void {
	reports.put(refusedReport(name, received, error));
	log.problem(error, { signal: name });
}

/** Records touches of signals without a trigger. They are handled and never start a run. */
export function refuseTouches(world: OutcomeWorld, refused: readonly Refused[]): void {
	if (refused.length === 0) return;
	const { ledger, log } = world;
	writeLedger(
		world,
		refused.map(({ sighting }) => ({ ...sighting, run: ledger.runOf(sighting.name) })),
	);
	ledger.syncBeside();
	for (const { sighting, received, error } of refused.slice(0, MAX_REFUSALS))
		reportRefusal(world, sighting.name, received, error);
	if (refused.length > MAX_REFUSALS)
		log.warn('more signals without a trigger', { count: refused.length - MAX_REFUSALS });
}
