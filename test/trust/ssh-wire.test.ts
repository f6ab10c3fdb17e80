/** SSH's wire encoding: nothing is read beyond the end, and no bytes remain. */
import { expect, test } from 'vitest';
import { SshReader, sshText } from '../../src/trust/ssh-wire.ts';

test('reads what it writes', () => {
	const reader = new SshReader(
		Buffer.concat([sshText('é'), sshText(''), Buffer.from([0, 0, 1, 0]), sshText(Buffer.from([255]))]),
	);
	expect(reader.bytes().toString()).toBe('é');
	expect(reader.text()).toBe('');
	expect(reader.number()).toBe(256);
	expect(reader.text()).toBe('\u00ff');
	reader.end();
	expect(reader.rest()).toHaveLength(0);
});

test.each([
	['a string longer than the rest', [0, 0, 0, 2, 65]],
	['a length of almost 4 GB', [255, 255, 255, 255, 65]],
	['half a length', [0, 0]],
	['an empty blob', []],
])('rejects %s', (_what, bytes) => {
	expect(() => new SshReader(Buffer.from(bytes)).bytes()).toThrow(new RangeError('it ends too early'));
});

test('rejects remaining bytes', () => {
	const reader = new SshReader(Buffer.from([0, 0, 0, 0, 1]));
	reader.text();
	expect(() => reader.end()).toThrow(RangeError);
});
