/**
 * The configuration: one TOML file that root owns, read whole, refused whole. Its JSON Schema is written from this very
 * description (docs/schema/config.schema.json).
 * karen does not import this file: it would keep zod in memory for good. A short process reads for it.
 */
import * as z from 'zod';
import { type ErrorRecord, problem } from './error.ts';
import { parseSignalName } from './signal.ts';
import type { TriggerPolicy } from './trigger.ts';
import { parseSize, parseSpan } from './units.ts';

const text = (max = 4096) => z.string().min(1).max(max);

const SPAN_PATTERN = '^[0-9]{1,9}([.][0-9]{1,3})?(ms|s|m|h|d)$';
const SIZE_PATTERN = '^[0-9]{1,9}([.][0-9]{1,3})?(B|KB|MB|GB)$';

/** A limit of nothing would end everything at once, and so would one of more than the 24 days that a timer holds. */
function isLimit(written: string): boolean {
	const milliseconds = parseSpan(written) ?? 0;
	return milliseconds >= 1 && milliseconds <= 24 * 86_400_000;
}

const span = z
	.string()
	.refine(isLimit, 'is not a span from 1ms to 24d, such as "30s", "5m" or "4h"')
	.meta({ description: 'a span: a number and ms, s, m, h or d', examples: ['30s', '4h'], pattern: SPAN_PATTERN });

const size = z
	.string()
	.refine((value) => parseSize(value) !== undefined, 'is not a size such as "64KB" or "16MB"')
	.meta({ description: 'a size: a number and B, KB, MB or GB', examples: ['64KB'], pattern: SIZE_PATTERN });

const absolute = text().refine((value) => value.startsWith('/'), 'is not an absolute path');
const inside = text().refine((value) => !value.startsWith('/') && !value.split('/').includes('..'), 'is not a path inside the root');
const user = z.union([z.int().min(0), text(100)]);

const source = z.strictObject({
	kind: z.literal('git').prefault('git').describe('where releases come from'),
	url: text()
		.refine((value) => !value.startsWith('-'), 'is not a URL')
		.describe('https://, http://, ssh:// or file:// URL, or an absolute path'),
	channel: text(200)
		.regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'is not the name of a branch or tag')
		.prefault('main')
		.describe('the ref whose info.json announces the newest release'),
	timeout: span.prefault('15m').describe('limit of one transfer'),
});

const trust = z.strictObject({
	mode: z
		.enum(['tuf', 'minisign', 'ssh', 'unsigned'])
		.describe('how releases are verified; "unsigned" must be spelt out and is shown everywhere'),
});

const install = z.strictObject({
	kind: z.literal('hooks').prefault('hooks').describe('how a release becomes the running one'),
	allow_delete: z.array(inside).prefault([]).describe('paths of the root that a release may delete although no release brought them'),
	data: z.array(inside).prefault([]).describe('paths of the root, ignored by the release, that are backed up and brought back with it'),
	restart: z
		.array(text())
		.prefault([])
		.describe('command that starts the old release after a rollback; default: its scripts/update/rollback.sh'),
	spare: size.prefault('16MB').describe('space that must stay free'),
});

const hooks = z.strictObject({
	path: z
		.array(absolute)
		.min(1)
		.prefault(['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'])
		.describe('PATH of hooks and triggers'),
	timeout: span.prefault('1h').describe('limit of one hook'),
	later: span.prefault('30m').describe('how long a hook may go on asking to be run later (exit 75)'),
	pause: span.prefault('60s').describe('how long to wait before a hook that asked for it is run again'),
	output: size.prefault('16MB').describe('what is kept of one hook’s output'),
});

const probe = z.strictObject({
	name: text(60),
	command: z.array(text()).min(1).describe('well when it exits with 0'),
	timeout: span.prefault('10s').describe('limit of one try'),
	interval: span.prefault('2s').describe('pause between tries'),
	deadline: span.prefault('2m').describe('the box is unwell when no try was well by then'),
});

const trigger = z.strictObject({
	run: z
		.enum(['file', 'builtin'])
		.optional()
		.describe('"builtin": our own program (update, rollback, check); default for those, "file" for others'),
	timeout: span.optional().describe('the whole process group is ended after it; default 1h'),
	group: text(60).optional().describe('triggers of one group never run together'),
	prefix: z.boolean().optional().describe('<name>-<rest> runs this trigger with <rest> as its argument'),
	output: size.optional().describe('what is kept of its output; default 64KB'),
	record: z.enum(['before', 'beside']).optional().describe('"before": the touch is on disk before the trigger starts; default "beside"'),
});

type TriggerTable = z.output<typeof trigger>;

const triggers = z
	.object({
		dir: absolute.optional().describe('where the triggers are; default: events/triggers of the root'),
		parallel: z.int().min(1).max(1000).prefault(8).describe('how many triggers run at once'),
	})
	.catchall(trigger);

const signals = z.strictObject({
	owners: z.array(user).optional().describe('who may ring; default: root, the owner and the group of events/signals'),
	rescan: span.prefault('30s').describe('the slow look at the signals that needs no event'),
});

const compat = z.strictObject({
	tree_owner: user.optional().describe('accept triggers and trees of this user: a hole, and named as one'),
});

/** The file as people write it. */
export const configFile = z
	.strictObject({
		product: text(60)
			.regex(/^[a-z0-9][a-z0-9-]*$/, 'is not a name of small letters, digits and dashes')
			.prefault('signalbox')
			.describe('names the staging directory'),
		state: absolute.optional().describe('root’s own directory; default: /var/lib/signalbox'),
		group: text(60).prefault('signalbox').describe('the group that may ring and read statuses'),
		shared_statuses: z.boolean().prefault(false).describe('for older managers that replace update-status.json by rename'),
		source,
		trust,
		install: install.prefault({}),
		hooks: hooks.prefault({}),
		triggers: triggers.prefault({}),
		signals: signals.prefault({}),
		compat: compat.prefault({}),
		probes: z.array(probe).max(20).prefault([]),
	})
	.meta({ title: 'Signalbox configuration' });

export interface ProbeConfig {
	readonly name: string;
	readonly command: readonly string[];
	readonly timeout: number;
	readonly interval: number;
	readonly deadline: number;
}

/** The configuration as the code sees it: every key there, spans in milliseconds, sizes in bytes. */
export interface Config {
	readonly product: string;
	/** Undefined: the default of the one who runs (`/var/lib/signalbox`, or `.signalbox` in the root for an ordinary user). */
	readonly state: string | undefined;
	readonly group: string;
	readonly sharedStatuses: boolean;
	readonly source: { readonly kind: 'git'; readonly url: string; readonly channel: string; readonly timeout: number };
	readonly trust: { readonly mode: 'tuf' | 'minisign' | 'ssh' | 'unsigned' };
	readonly install: {
		readonly kind: 'hooks';
		readonly allowDelete: readonly string[];
		readonly data: readonly string[];
		readonly restart: readonly string[];
		readonly spare: number;
	};
	readonly hooks: {
		readonly path: readonly string[];
		readonly timeout: number;
		readonly later: number;
		readonly pause: number;
		readonly output: number;
	};
	readonly triggers: {
		readonly dir: string | undefined;
		readonly parallel: number;
		readonly policies: Readonly<Record<string, TriggerPolicy>>;
		/** For triggers that neither the file nor we name. */
		readonly other: TriggerPolicy;
	};
	readonly signals: { readonly owners: readonly (string | number)[] | undefined; readonly rescan: number };
	readonly compat: { readonly treeOwner: string | number | undefined };
	readonly probes: readonly ProbeConfig[];
}

/** Triggers that need no configuration. A table of the same name in the file replaces what it names. */
const KNOWN_TRIGGERS: Readonly<Record<string, TriggerTable>> = {
	update: { run: 'builtin', timeout: '12h', group: 'system', record: 'before' },
	rollback: { run: 'builtin', timeout: '4h', group: 'system', record: 'before' },
	check: { run: 'builtin', timeout: '15m' },
	reboot: { timeout: '10m', group: 'system', record: 'before' },
	shutdown: { timeout: '10m', group: 'system', record: 'before' },
	app: { prefix: true, timeout: '4h' },
	repo: { prefix: true, timeout: '1h' },
};

/**
 * Reads a parsed TOML file. Throws `config-invalid`, which names `where` and every key that is wrong.
 * Trust: the caller has made sure that only root could write the file.
 */
export function parseConfig(value: unknown, where: string): Config {
	const parsed = configFile.safeParse(value);
	if (!parsed.success)
		throw invalid(
			where,
			parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`),
		);
	const file = parsed.data;
	return {
		product: file.product,
		state: file.state,
		group: file.group,
		sharedStatuses: file.shared_statuses,
		source: { ...file.source, timeout: spanOf(file.source.timeout) },
		trust: file.trust,
		install: {
			kind: file.install.kind,
			allowDelete: file.install.allow_delete,
			data: file.install.data,
			restart: file.install.restart,
			spare: sizeOf(file.install.spare),
		},
		hooks: {
			path: file.hooks.path,
			timeout: spanOf(file.hooks.timeout),
			later: spanOf(file.hooks.later),
			pause: spanOf(file.hooks.pause),
			output: sizeOf(file.hooks.output),
		},
		triggers: { dir: file.triggers.dir, parallel: file.triggers.parallel, policies: policiesOf(file.triggers, where), other: policyOf({}) },
		signals: { owners: file.signals.owners, rescan: spanOf(file.signals.rescan) },
		compat: { treeOwner: file.compat.tree_owner },
		probes: file.probes.map((one) => ({
			...one,
			timeout: spanOf(one.timeout),
			interval: spanOf(one.interval),
			deadline: spanOf(one.deadline),
		})),
	};
}

function policiesOf(file: z.output<typeof triggers>, where: string): Record<string, TriggerPolicy> {
	const { dir: _dir, parallel: _parallel, ...named } = file;
	const wrong = Object.keys(named).filter((name) => parseSignalName(name) === undefined);
	if (wrong.length > 0)
		throw invalid(
			where,
			wrong.map((name) => `triggers.${name}: is not the name of a signal`),
		);
	const names = [...new Set([...Object.keys(KNOWN_TRIGGERS), ...Object.keys(named)])];
	return Object.fromEntries(names.map((name) => [name, policyOf({ ...KNOWN_TRIGGERS[name], ...named[name] })]));
}

function policyOf(table: TriggerTable): TriggerPolicy {
	return {
		run: table.run ?? 'file',
		timeout: spanOf(table.timeout ?? '1h'),
		group: table.group,
		argument: table.prefix === true ? 'rest' : 'none',
		output: sizeOf(table.output ?? '64KB'),
		record: table.record ?? 'beside',
	};
}

function invalid(where: string, facts: readonly string[]): Error & { readonly record: ErrorRecord } {
	return problem(
		'config-invalid',
		`cannot use ${where}: ${facts.slice(0, 3).join('; ')}`,
		'mend the named keys; docs/operator/configuration.md lists all of them',
		{
			facts: { where, keys: facts },
		},
	);
}

function spanOf(written: string): number {
	return parseSpan(written) ?? 0;
}

function sizeOf(written: string): number {
	return parseSize(written) ?? 0;
}
