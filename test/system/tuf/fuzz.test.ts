/** Whatever a source answers: never a stack trace, and nothing is kept or handed out but what was signed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problem } from '../../../src/model/base/error.ts';
import { ERRORS } from '../../../src/model/base/error-codes.ts';
import { tufPolicy } from '../../../src/trust/tuf/policy.ts';
import { patience, rounds } from '../../fuzz.ts';
import { scratch } from '../../scratch.ts';
import { ours } from './clients.ts';
import { Publisher } from './publisher.ts';

const MAIN = 'channels/main.json';
const REFUSALS = Object.keys(ERRORS).filter((code) => /^(metadata-|target-)/.test(code));

function published(): Publisher {
	const publisher = new Publisher();
	publisher.nextRoot(() => publisher.rotate('root', 3, 2));
	publisher.delegate('team', { paths: ['*/*'] });
	publisher.addTarget(MAIN, '{"schema":1}', 'team');
	publisher.next();
	return publisher;
}

const change = fc.oneof(
	fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), to: fc.nat() }),
	fc.record({ kind: fc.constant('turn' as const), at: fc.nat(), to: fc.nat(255) }),
	fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), to: fc.nat(255) }),
	fc.record({ kind: fc.constant('digit' as const), at: fc.nat(), to: fc.nat(9) }),
	fc.record({ kind: fc.constant('swap' as const), at: fc.nat(), to: fc.nat() }),
);

test('documents that were damaged on the way', { timeout: patience(120_000) }, async () => {
	const publisher = published();
	const paths = [...publisher.files.keys()].filter((path) => path !== 'metadata/1.root.json');
	const genuine = [...publisher.files.values()].map((bytes) => Buffer.from(bytes).toString('latin1'));
	await fc.assert(
		fc.asyncProperty(fc.nat(paths.length - 1), change, async (which, how) => {
			const damaged = publisher.copy();
			const path = paths[which] ?? '';
			damaged.files.set(path, damage(publisher.files.get(path) ?? new Uint8Array(), how, genuine));
			const dir = join(scratch(), 'tuf');
			expect(['ok', ...REFUSALS]).toContain(await ours(dir, damaged, publisher.factory(), MAIN));
			const kept = readdirSync(dir).filter((name) => name.endsWith('.json'));
			for (const name of kept)
				expect(signedIn(genuine)).toContain(signedIn([readFileSync(join(dir, name), 'latin1')])[0]);
		}),
		rounds(40),
	);
});

/**
 * What is signed in a document. White space and the names of signatures beside it may differ without harm.
 */
function signedIn(documents: readonly string[]): readonly string[] {
	return documents.flatMap((document) => {
		try {
			const { signed } = JSON.parse(document) as { signed?: unknown };
			return signed === undefined ? [] : [JSON.stringify(signed)];
		} catch {
			return [];
		}
	});
}

function damage(
	bytes: Uint8Array,
	{ kind, at, to }: { kind: string; at: number; to: number },
	genuine: readonly string[],
): Uint8Array {
	const place = at % Math.max(1, bytes.length);
	const copy = Buffer.from(bytes);
	switch (kind) {
		case 'cut':
			return copy.subarray(0, place);
		case 'insert':
			return Buffer.concat([copy.subarray(0, place), Buffer.of(to), copy.subarray(place)]);
		case 'swap':
			return Buffer.from(genuine[to % genuine.length] ?? '', 'latin1');
		case 'digit': {
			const digits = [...copy.toString('latin1').matchAll(/\d/g)];
			copy[digits[at % Math.max(1, digits.length)]?.index ?? 0] = 0x30 + to;
			return copy;
		}
		default:
			copy[place] = to;
			return copy;
	}
}

/**
 * What an attacker may write in a value’s place: every kind of JSON, numbers that JavaScript cannot hold,
 * arrays up to 20,000 deep, and text that does not parse.
 */
const value = fc.oneof(
	{ weight: 4, arbitrary: fc.jsonValue().map((any) => JSON.stringify(any)) },
	fc.constantFrom(
		'1e999',
		'-1e999',
		'-0',
		'1.0',
		'1e0',
		'9007199254740993',
		'0.1',
		'1e-400',
		'9'.repeat(5000),
		'0x1',
		'01',
		'NaN',
	),
	fc
		.tuple(fc.constantFrom('[', '{"a":'), fc.constantFrom(1, 10, 1000, 20_000))
		.map(([open, deep]) => open.repeat(deep)),
	fc.constantFrom(1, 100, 20_000).map((deep) => `${'['.repeat(deep)}${']'.repeat(deep)}`),
	fc.constantFrom(
		'{"__proto__":{"length":1}}',
		'{"constructor":1}',
		'"\\ud800"',
		'"\\u0000"',
		'{"a":1,"a":2}',
	),
);

test('metadata with anything anywhere: fine or refused, never a crash', {
	timeout: patience(120_000),
}, () => {
	const publisher = published();
	const documents = [...publisher.files]
		.filter(([path]) => path.startsWith('metadata/'))
		.map(([, bytes]) => Buffer.from(bytes).toString());
	fc.assert(
		fc.property(fc.constantFrom(...documents), fc.nat(), value, (document, where, text) => {
			const places = [...document.matchAll(/("(?:[^"\\]|\\.)*"|\d+|true|false|null)(?!\s*:)/g)];
			const place = places[where % places.length];
			if (place === undefined) return;
			const changed = document.slice(0, place.index) + text + document.slice(place.index + place[0].length);
			try {
				tufPolicy.metadata('x.json', Buffer.from(changed));
			} catch (thrown) {
				expect(thrown).toBeInstanceOf(Problem);
			}
		}),
		rounds(3000),
	);
});
