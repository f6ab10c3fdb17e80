/**
 * The shape of the configuration as people write it: types, limits, defaults, and what each key means. Its JSON Schema
 * (docs/schema/config.schema.json) and the tables of docs/operator/configuration.md are written from this very description.
 * karen does not import this file: it would keep zod in memory for good. A short process reads for it.
 */
import * as z from 'zod';
import { parseSize, parseSpan } from '../base/units.ts';
import { isProbeUrl, misfitOf } from './probe.ts';
import { isWebUrl, trust } from './trust-schema.ts';

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
	.meta({
		description: 'a span: a number and ms, s, m, h or d',
		examples: ['30s', '4h'],
		pattern: SPAN_PATTERN,
	});

const size = z
	.string()
	.refine((value) => parseSize(value) !== undefined, 'is not a size such as "64KB" or "16MB"')
	.meta({ description: 'a size: a number and B, KB, MB or GB', examples: ['64KB'], pattern: SIZE_PATTERN });

const absolute = text().refine((value) => value.startsWith('/'), 'is not an absolute path');
const inside = text().refine(
	(value) => !value.startsWith('/') && !value.split('/').includes('..'),
	'is not a path inside the root',
);
const user = z.union([z.int().min(0), text(100)]);

/** The name of what releases are of; it becomes part of a directory's name. */
export const productName = text(60).regex(
	/^[a-z0-9][a-z0-9-]*$/,
	'is not a name of small letters, digits and dashes',
);

export const channelName = text(200).regex(
	/^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
	'is not the name of a branch or tag',
);

const source = z
	.strictObject({
		kind: z
			.enum(['git', 'publisher', 'directory'])
			.prefault('git')
			.describe(
				'where releases come from: a git repository, a published repository behind a web server, or one in a directory',
			),
		url: text()
			.refine((value) => !value.startsWith('-'), 'is not a URL')
			.describe(
				'git: https://, http://, ssh:// or file:// URL, or an absolute path; publisher: https:// or http:// URL; directory: an absolute path',
			),
		channel: channelName
			.prefault('main')
			.describe(
				'announces the newest release: for git with trust "unsigned" the ref whose info.json is read, otherwise a channel that is signed',
			),
		repository: channelName
			.prefault('signalbox')
			.describe('git: the branch that carries manifests and signatures'),
		timeout: span.prefault('15m').describe('limit of one transfer'),
		probe: z
			.boolean()
			.prefault(true)
			.describe('whether a new release must be able to read the source, to be kept'),
		probe_deadline: span.prefault('5m').describe('how long it may take until it does'),
	})
	.superRefine(({ kind, url }, context) => {
		const misfit = urlMisfit(kind, url);
		if (misfit !== undefined) context.addIssue({ code: 'custom', path: ['url'], message: misfit });
	});

function urlMisfit(kind: 'git' | 'publisher' | 'directory', url: string): string | undefined {
	switch (kind) {
		case 'git':
			return undefined;
		case 'publisher':
			return isWebUrl(url) ? undefined : 'is not an http:// or https:// URL, as kind = "publisher" needs';
		case 'directory':
			return url.startsWith('/') ? undefined : 'is not an absolute path, as kind = "directory" needs';
	}
}

/** Node believes a list of origins only as they stand in a URL. */
function isOrigin(value: string): boolean {
	return /^https?:\/\/[a-z0-9.:[\]-]+$/.test(value) && URL.parse(value)?.origin === value;
}

/** A URL of http or https without a path; a name and a password may stand in it. */
function isProxy(value: string): boolean {
	const url = URL.parse(value);
	return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '';
}

const fetcher = z.strictObject({
	user: user
		.prefault('signalbox-fetcher')
		.describe('who reads the network, where root runs the updater; never root'),
	proxy: text()
		.refine(isProxy, 'is not an http:// or https:// URL of a proxy')
		.optional()
		.describe('the proxy that is asked; the environment’s is not'),
	redirects: z
		.array(text().refine(isOrigin, 'is not an origin such as "https://files.example.org"'))
		.prefault([])
		.describe('origins that a server may lead to, besides its own; never from https to http'),
	certificates: absolute
		.optional()
		.describe('a file of certificates (PEM) that are believed instead of the usual ones'),
	connect: span.prefault('15s').describe('limit of a connection'),
	answer: span.prefault('60s').describe('limit until the headers of an answer are there, redirects included'),
	idle: span.prefault('30s').describe('limit between two pieces of a file'),
	rate: size.prefault('1KB').describe('the least that must come in a second, on average over half a minute'),
	parallel: z.int().min(1).max(32).prefault(4).describe('how many files are fetched at once'),
});

const install = z.strictObject({
	kind: z.literal('hooks').prefault('hooks').describe('how a release becomes the running one'),
	allow_delete: z
		.array(inside)
		.prefault([])
		.describe('paths of the root that a release may delete although no release brought them'),
	data: z
		.array(inside)
		.prefault([])
		.describe('paths of the root, ignored by the release, that are backed up and brought back with it'),
	restart: z
		.array(text())
		.prefault([])
		.describe(
			'command that starts the old release after a rollback; default: its scripts/update/rollback.sh',
		),
	spare: size.prefault('16MB').describe('space that must stay free'),
	backups: z
		.int()
		.min(1)
		.max(20)
		.prefault(1)
		.describe(
			'how many backups are kept: a rollback brings the newest back, older ones are for you to look into',
		),
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

const probe = z
	.strictObject({
		name: text(60).describe('stands in what is told of it'),
		kind: z.enum(['command', 'http', 'tcp', 'unit']).prefault('command').describe('what is asked'),
		command: z
			.array(text())
			.min(1)
			.optional()
			.describe('kind "command": a program with its arguments, well when it ends with 0'),
		url: text()
			.refine(isProbeUrl, 'is not an http:// or https:// URL without a password')
			.optional()
			.describe('kind "http": what is asked for'),
		status: z
			.int()
			.min(100)
			.max(599)
			.optional()
			.describe('kind "http": the status of a good answer; default: 200'),
		body: text(1000)
			.optional()
			.describe('kind "http": a text that must be in the first 256 KB of the answer'),
		host: text(253)
			.regex(/^[A-Za-z0-9:][A-Za-z0-9:._-]*$/, 'is not the name or address of a host')
			.optional()
			.describe('kind "tcp": whose port; default: 127.0.0.1'),
		port: z.int().min(1).max(65_535).optional().describe('kind "tcp": a port that must take connections'),
		unit: text(255)
			.regex(/^[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]*$/, 'is not the name of a systemd unit')
			.optional()
			.describe('kind "unit": a unit that must be active'),
		timeout: span.prefault('10s').describe('limit of one try'),
		interval: span.prefault('2s').describe('pause between tries'),
		deadline: span.prefault('2m').describe('the box is unwell when no try was well by then'),
		soak: span
			.optional()
			.describe('how long it must then stay well, at every try; default: one good answer is enough'),
	})
	.superRefine((table, context) => {
		const misfit = misfitOf(table);
		if (misfit !== undefined) context.addIssue({ code: 'custom', message: misfit });
	});

/** Probes, also where a release declares them: its `.release.json` follows the same rules. */
export const probeList = z.array(probe).max(20);

const reboot = z.strictObject({
	command: z
		.array(text())
		.min(1)
		.prefault(['shutdown', '-r', 'now'])
		.describe('restarts the machine, for a release that asks for it'),
	deadline: span
		.prefault('10m')
		.describe('how long the machine may take to go down before it is asked again'),
	tries: z.int().min(1).max(20).prefault(3).describe('how often it is asked until the update is rolled back'),
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
	record: z
		.enum(['before', 'beside'])
		.optional()
		.describe('"before": the touch is on disk before the trigger starts; default "beside"'),
});

export type TriggerTable = z.output<typeof trigger>;

const triggers = z
	.object({
		dir: absolute.optional().describe('where the triggers are; default: events/triggers of the root'),
		parallel: z.int().min(1).max(1000).prefault(8).describe('how many triggers run at once'),
	})
	.catchall(trigger);

const signals = z.strictObject({
	owners: z
		.array(user)
		.optional()
		.describe('who may ring; default: root, the owner and the group of events/signals'),
	rescan: span.prefault('30s').describe('the slow look at the signals that needs no event'),
});

const compat = z.strictObject({
	tree_owner: user.optional().describe('accept triggers and trees of this user: a hole, and named as one'),
});

/** The file as people write it. */
export const configFile = z
	.strictObject({
		product: productName.prefault('signalbox').describe('names the staging directory'),
		hardware: text(64)
			.optional()
			.describe('what kind of machine this is, for releases that are for some kinds only'),
		state: absolute.optional().describe('root’s own directory; default: /var/lib/signalbox'),
		group: text(60).prefault('signalbox').describe('the group that may ring and read statuses'),
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
		if (mode === 'unsigned')
			wrong('mode', `"unsigned" goes with source.kind = "git" alone, not with "${kind}"`);
		if (git_tags !== undefined)
			wrong('git_tags', `goes with source.kind = "git" alone: "${kind}" has no tags`);
	})
	.meta({ title: 'Signalbox configuration' });

/** The file with its defaults. */
export type ConfigFile = z.output<typeof configFile>;

/** Says what is wrong, one sentence a key. */
export function complaintsOf(error: z.ZodError): readonly string[] {
	return error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
}
