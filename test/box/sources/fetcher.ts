import { onTestFinished } from 'vitest';
import type { FetchLimits, FetchSettings } from '../../../src/model/publication/fetch-protocol.ts';
import { Fetcher } from '../../../src/system/fetcher/process.ts';
import type { Account } from '../../../src/system/process/sandbox.ts';
import { builtProgram } from '../../programs.ts';
import { scratch } from '../../scratch.ts';

/** A user without an account, so that no other processes count towards its limits. */
export const FETCHER: Account = { uid: 64_123, gid: 64_123 };

const FETCHER_PROGRAM = builtProgram('fetcher');

export function accountForTest(): Account | undefined {
	return process.geteuid?.() === 0 ? FETCHER : undefined;
}

const LIMITS: FetchLimits = { connect: 10_000, answer: 10_000, idle: 10_000, rate: 1, window: 10_000 };

export interface FetcherForTest {
	readonly settings?: Partial<Omit<FetchSettings, 'limits'>>;
	readonly limits?: Partial<FetchLimits>;
	readonly program?: string;
	readonly state?: string;
	readonly account?: Account | undefined;
}

/** Starts one; the caller ends it. */
export async function startFetcher(given: FetcherForTest, state: string): Promise<Fetcher> {
	const { settings = {}, limits = {}, program = FETCHER_PROGRAM } = given;
	const account = 'account' in given ? given.account : accountForTest();
	const all = {
		proxy: null,
		redirects: [],
		certificates: null,
		parallel: 4,
		...settings,
		limits: { ...LIMITS, ...limits },
	};
	return await Fetcher.start({ program, state, account, settings: all });
}

/** Starts one for one test. */
export async function fetcherForTest(given: FetcherForTest = {}): Promise<Fetcher> {
	const fetcher = await startFetcher(given, given.state ?? scratch());
	onTestFinished(() => fetcher.end());
	return fetcher;
}
