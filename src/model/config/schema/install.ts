/** Schemas of the tables `[install]`, `[hooks]` and `[reboot]`: how a release is installed. */
import * as z from 'zod';
import { absolutePath, pathInRoot, size, span, text } from './fields.ts';

export const install = z.strictObject({
	kind: z.literal('hooks').prefault('hooks').describe('how a release becomes the running one'),
	allow_delete: z
		.array(pathInRoot)
		.prefault([])
		.describe('paths of the root that a release may delete although no release brought them'),
	data: z
		.array(pathInRoot)
		.prefault([])
		.describe('paths of the root, ignored by the release, that are backed up and restored with it'),
	restart: z
		.array(text())
		.prefault([])
		.describe(
			'command that starts the old release after a rollback; default: its scripts/update/rollback.sh',
		),
	spare: size.prefault('16MB').describe('disk space that must stay free'),
	backups: z
		.int()
		.min(1)
		.max(20)
		.prefault(1)
		.describe(
			'how many backups are kept: a rollback restores the newest, older ones are for your inspection',
		),
});

export const hooks = z.strictObject({
	path: z
		.array(absolutePath)
		.min(1)
		.prefault(['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'])
		.describe('PATH of hooks and triggers'),
	timeout: span.prefault('1h').describe('limit of one hook'),
	later: span.prefault('30m').describe('how long a hook may keep asking to be run later (exit 75)'),
	pause: span.prefault('60s').describe('pause before a hook that asked to be run later is run again'),
	output: size.prefault('16MB').describe('how much of one hook’s output is kept'),
});

export const reboot = z.strictObject({
	command: z
		.array(text())
		.min(1)
		.prefault(['shutdown', '-r', 'now'])
		.describe('restarts the machine, for a release that asks for it'),
	deadline: span
		.prefault('10m')
		.describe('how long the machine may take to go down before the command is repeated'),
	tries: z
		.int()
		.min(1)
		.max(20)
		.prefault(3)
		.describe('how often the command is run before the update is rolled back'),
});
