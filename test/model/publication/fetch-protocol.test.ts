import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
	encodeFrame,
	type Frame,
	FrameReader,
	isEtag,
	ProtocolViolation,
	totalLimit,
} from '../../../src/model/publication/fetch-protocol.ts';
import { rounds } from '../../fuzz.ts';

const FRAMES: readonly Frame[] = [
	{ kind: 'ready' },
	{ kind: 'head', id: 1, head: { from: 0, etag: null } },
	{ kind: 'head', id: 4_294_967_295, head: { from: 2 ** 40, etag: '"x"' } },
	{ kind: 'bytes', id: 7, bytes: Buffer.alloc(65_536, 'z') },
	{ kind: 'bytes', id: 7, bytes: Buffer.alloc(0) },
	{ kind: 'end', id: 7 },
	{ kind: 'fault', id: 8, fault: { kind: 'status', why: '404' } },
	{ kind: 'fault', id: 9, fault: { kind: 'unreachable', why: 'ECONNREFUSED' } },
	{ kind: 'fault', id: 9, fault: { kind: 'cut', why: '' } },
];

test('reassembles frames wherever the pipe splits them', () => {
	const all = Buffer.concat(FRAMES.flatMap(encodeFrame));
	fc.assert(
		fc.property(fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1 }), (cuts) => {
			const reader = new FrameReader();
			const frames: Frame[] = [];
			for (let at = 0, turn = 0; at < all.length; turn += 1) {
				const end = at + (cuts[turn % cuts.length] ?? 1);
				for (const frame of reader.take(all.subarray(at, end)))
					frames.push('bytes' in frame ? { ...frame, bytes: Buffer.from(frame.bytes) } : frame);
				at = end;
			}
			expect(frames).toEqual(FRAMES);
		}),
		rounds(50),
	);
});

test('reads frames or throws ProtocolViolation for arbitrary bytes', () => {
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (pieces) => {
			const reader = new FrameReader();
			try {
				for (const piece of pieces) for (const _ of reader.take(Buffer.from(piece)));
			} catch (thrown) {
				expect(thrown).toBeInstanceOf(ProtocolViolation);
			}
		}),
		rounds(100),
	);
});

test.each(['"a"', '""', '"!#~"'])('accepts %s as an etag', (text) => expect(isEtag(text)).toBe(true));
test.each(['a', 'W/"a"', '"a', '"a"b"', '"a b"', '"\n"', `"${'x'.repeat(201)}"`, 5, null, undefined])(
	'rejects %j as an etag',
	(text) => expect(isEtag(text)).toBe(false),
);

test('total time limit grows with the length', () => {
	const limits = { connect: 1, answer: 60_000, idle: 1, rate: 1024, window: 30_000 };
	expect(totalLimit(limits, 0)).toBe(120_000);
	expect(totalLimit(limits, 1024 * 100)).toBe(220_000);
});
