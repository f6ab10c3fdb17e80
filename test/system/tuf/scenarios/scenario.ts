/** A scenario: what a source does, and how the visits of a client to it end. */
import { type Publisher, time } from '../publisher.ts';

export interface Scenario {
	readonly name: string;
	readonly consistent?: false;
	/** The client comes by after each. All visits but the last end well, unless `visits` says so. */
	readonly steps: readonly ((p: Publisher) => void)[];
	/** Fetched at the last visit. */
	readonly target?: string;
	/** How the last visit ends. */
	readonly end: string;
	/** Versions in the store after it, as far as they are told. */
	readonly store?: Readonly<Record<string, number>>;
	/** Why plain tuf-js ends otherwise. */
	readonly differs?: string;
}

export const DAY = 86_400_000;
export const MAIN = 'channels/main.json';
export const nothing = () => undefined;
export const addMain = (p: Publisher) => {
	p.addTarget(MAIN, '{"schema":1,"tag":"v1.2.3"}');
	p.next();
};
export const keysOf = (p: Publisher, role: string) => p.signers[role] ?? [];
export const ago = (p: Publisher) => time(p.now - DAY);

export function spoil(p: Publisher, prefix: string, change: (bytes: Uint8Array) => Uint8Array): void {
	for (const [path, bytes] of p.files) if (path.startsWith(prefix)) p.put(path, change(bytes));
}

export function remove(p: Publisher, prefix: string): void {
	for (const path of [...p.files.keys()]) if (path.startsWith(prefix)) p.files.delete(path);
}
