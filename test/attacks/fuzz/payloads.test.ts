/**
 * Whatever stands in the file of a signal: karen admits text or refuses it with a code, and who reads the
 * text finds a wish, a choice, or refuses it too.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problem } from '../../../src/model/base/error.ts';
import { readDataChoice } from '../../../src/model/change/rollback-preview.ts';
import { parseTag } from '../../../src/model/release/tag.ts';
import { readRequest, readRetryRule } from '../../../src/model/signal/requested-release.ts';
import { PAYLOAD_MAX_BYTES, type SignalName } from '../../../src/model/signal/signal.ts';
import { admitPayload } from '../../../src/privileged/karen/admit/payload.ts';
import { patience, rounds } from '../../fuzz.ts';
import { scratch } from '../../scratch.ts';

const NAME = 'update' as SignalName;
const tag = fc.constantFrom(
	'v1.2.3',
	'1.2.3',
	'v1.2.3-rc.1',
	'../x',
	'--upload-pack=x',
	'v1.2.3\u0000',
	'v1.2.3\nv2.0.0',
	'__proto__',
);
const text = fc.oneof(
	tag,
	tag.map((one) => `{"updateTo":${JSON.stringify(one)},"data":"keep","retry":true}`),
	fc.json({ maxDepth: 6 }),
	fc.json().map((value) => `{"updateTo":${value},"data":${value}}`),
	fc.constantFrom(
		'{"__proto__":{"updateTo":"v9.9.9"}}',
		'{"updateTo":1e999}',
		`"${'x'.repeat(70_000)}"`,
		'['.repeat(30_000),
		'{"a":'.repeat(10_000),
	),
	fc.string({ unit: 'binary' }),
);
const payload = fc.oneof(
	{ weight: 4, arbitrary: text.map((whole) => Buffer.from(whole)) },
	fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
	// Cut in the middle of a character.
	fc
		.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(3))
		.map(([whole, less]) => Buffer.from(whole).subarray(0, -less || undefined)),
	fc.constantFrom(PAYLOAD_MAX_BYTES, PAYLOAD_MAX_BYTES + 1).map((length) => Buffer.alloc(length, '1')),
);

/** What it returns, or the code of its refusal; anything else that is thrown is thrown on. */
function outcomeOf<T>(read: () => T): T | string {
	try {
		return read();
	} catch (thrown) {
		if (thrown instanceof Problem) return thrown.record.code;
		throw thrown;
	}
}

test('a payload of any bytes', { timeout: patience(30_000) }, () => {
	const dir = scratch();
	const owners = new Set([process.geteuid?.() ?? 0]);
	let wishes = 0;
	fc.assert(
		fc.property(payload, (bytes) => {
			writeFileSync(join(dir, NAME), bytes);
			const admission = admitPayload(dir, NAME, owners);
			if (admission.kind !== 'admitted') {
				expect(admission).toMatchObject({
					kind: 'refused',
					error: { code: expect.stringMatching(/^payload-(not-text|too-large)$/) },
				});
				return;
			}
			expect(Buffer.from(admission.payload).length).toBeLessThanOrEqual(PAYLOAD_MAX_BYTES);
			const wish = outcomeOf(() => readRequest(admission.payload, undefined));
			if (typeof wish === 'string') expect(wish).toBe('wish-unreadable');
			else if (wish.kind === 'tag') {
				expect(parseTag(wish.tag)).toBe(wish.tag);
				wishes += 1;
			}
			expect(['restore', 'keep', 'wish-unreadable']).toContain(
				outcomeOf(() => readDataChoice(admission.payload)),
			);
			expect(['respected', 'passed-over']).toContain(readRetryRule(admission.payload));
		}),
		rounds(500),
	);
	expect(wishes).toBeGreaterThan(25);
});
