/** Schemas of the tables `[triggers]` and `[signals]`: what karen watches and runs. */
import * as z from 'zod';
import { absolutePath, size, span, text, user } from './fields.ts';

const trigger = z.strictObject({
	run: z
		.enum(['file', 'builtin'])
		.optional()
		.describe(
			'"builtin": Signalbox’s own program (update, rollback, check); default for those, "file" for others',
		),
	timeout: span.optional().describe('after this time the whole process group is ended; default 1h'),
	group: text(60).optional().describe('triggers of one group never run at the same time'),
	prefix: z.boolean().optional().describe('<name>-<rest> runs this trigger with <rest> as its argument'),
	output: size.optional().describe('how much of its output is kept; default 64KB'),
	record: z
		.enum(['before', 'beside'])
		.optional()
		.describe('"before": the touch is on disk before the trigger starts; default "beside"'),
});

export type TriggerTable = z.output<typeof trigger>;

export const triggers = z
	.object({
		dir: absolutePath
			.optional()
			.describe('the directory of the triggers; default: events/triggers of the root'),
		parallel: z.int().min(1).max(1000).prefault(8).describe('how many triggers run at once'),
	})
	.catchall(trigger);

export const signals = z.strictObject({
	owners: z
		.array(user)
		.optional()
		.describe('users who may send signals; default: root, the owner and the group of events/signals'),
	rescan: span.prefault('30s').describe('interval of the rescan that finds signals without a watch event'),
});
