/**
 * The schema of the configuration file: types, limits, defaults and the meaning of each key. `npm run schema`
 * writes docs/schema/config.schema.json and the tables of docs/operator/configuration.md from it. karen does
 * not import this file, because zod would stay in its memory. A short-lived process reads it instead.
 */
import * as z from 'zod';
import { absolutePath, productName, text, user } from './fields.ts';
import { hooks, install, reboot } from './install.ts';
import { probeList } from './probes.ts';
import { signals, triggers } from './signals.ts';
import { fetcher, source } from './source.ts';
import { trust } from './trust.ts';

const compat = z.strictObject({
	tree_owner: user
		.optional()
		.describe('accept triggers and trees of this user: a security risk, and reported as one'),
});

/** The file as people write it. */
export const configFile = z
	.strictObject({
		product: productName.prefault('signalbox').describe('names the staging directory'),
		hardware: text(64)
			.optional()
			.describe('hardware name of this machine, for releases that are limited to some hardware'),
		state: absolutePath.optional().describe('state directory, owned by root; default: /var/lib/signalbox'),
		group: text(60)
			.prefault('signalbox')
			.describe('the group whose members may send signals and read statuses'),
		shared_statuses: z
			.boolean()
			.prefault(false)
			.describe('for older managers that replace update-status.json by rename'),
		source,
		trust,
		fetcher: fetcher.prefault({}),
		install: install.prefault({}),
		hooks: hooks.prefault({}),
		reboot: reboot.prefault({}),
		triggers: triggers.prefault({}),
		signals: signals.prefault({}),
		compat: compat.prefault({}),
		probes: probeList.prefault([]),
	})
	.superRefine(({ source: { kind }, trust: { mode, git_tags } }, context) => {
		const wrong = (key: string, message: string) =>
			context.addIssue({ code: 'custom', path: ['trust', key], message });
		if (kind === 'git') return;
		if (mode === 'unsigned') wrong('mode', `"unsigned" needs source.kind = "git", not "${kind}"`);
		if (git_tags !== undefined) wrong('git_tags', `needs source.kind = "git": "${kind}" has no tags`);
	})
	.meta({ title: 'Signalbox configuration' });

/** The file with its defaults. */
export type ConfigFile = z.output<typeof configFile>;

/** Returns one message for each issue, starting with the key. */
export function schemaIssues(error: z.ZodError): readonly string[] {
	return error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
}
