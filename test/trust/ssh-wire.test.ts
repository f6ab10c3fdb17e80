/** The encoding of SSH: nothing is read beyond the end, and nothing is left. */
import { expect, test } from 'vitest';
import { SshReader, sshText } from '../../src/trust/ssh-wire.ts';

test('what is written is read', () => {
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
	['a text that is longer than the rest', [0, 0, 0, 2, 65]],
	['a length beyond all memory', [255, 255, 255, 255, 65]],
	['half a length', [0, 0]],
	['nothing', []],
])('%s is the end', (_what, bytes) => {
	expect(() => new SshReader(Buffer.from(bytes)).bytes()).toThrow(new RangeError('it ends too early'));
});

test('what is left is told', () => {
	const reader = new SshReader(Buffer.from([0, 0, 0, 0, 1]));
	reader.text();
	expect(() => reader.end()).toThrow(RangeError);
});
