/**
 * The configuration: one TOML file that only root can write; one wrong key refuses the whole file (see
 * schema.ts). karen does not import this file, because zod would stay in its memory. A short-lived process
 * reads it instead.
 */

import { type ErrorRecord, problem } from '../base/error.ts';
import { parseSize, parseSpan } from '../base/units.ts';
import { parseSignalName } from '../signal/signal.ts';
import type { TriggerPolicy } from '../signal/trigger.ts';
import { type Declarer, type Probe, questionOf } from './probe.ts';
import { type ConfigFile, configFile, schemaIssues } from './schema/file.ts';
import { probeList } from './schema/probes.ts';
import type { TriggerTable } from './schema/signals.ts';

/** Where releases come from: a git host, a web server, or a directory such as a USB stick. */
export type SourceKind = 'git' | 'publisher' | 'directory';

/** The parsed configuration with all defaults. Durations are in milliseconds, sizes in bytes. */
export interface Config {
	readonly product: string;
	/** The hardware name of this machine; undefined: not configured. */
	readonly hardware: string | undefined;
	/** Undefined: `/var/lib/signalbox`, or `.signalbox` in the root where an ordinary user runs everything. */
	readonly state: string | undefined;
	readonly group: string;
	readonly sharedStatuses: boolean;
	readonly source: {
		readonly kind: SourceKind;
		readonly url: string;
		readonly channel: string;
		/** For git: the branch of manifests and signatures. */
		readonly repository: string;
		readonly timeout: number;
		/** Time within which a new release must read the source, in milliseconds; undefined: not checked. */
		readonly probeDeadline: number | undefined;
	};
	readonly trust: TrustPolicy;
	/** Absolute paths of two files; undefined: tags need no signature. */
	readonly gitTags: { readonly allowedSigners: string; readonly revoked: string } | undefined;
	readonly fetcher: {
		readonly user: string | number;
		readonly proxy: string | undefined;
		readonly redirects: readonly string[];
		/** Path of a PEM file. */
		readonly certificates: string | undefined;
		readonly connect: number;
		readonly answer: number;
		readonly idle: number;
		/** Bytes per second. */
		readonly rate: number;
		readonly parallel: number;
	};
	readonly install: {
		readonly kind: 'hooks';
		readonly allowDelete: readonly string[];
		readonly data: readonly string[];
		readonly restart: readonly string[];
		readonly spare: number;
		/** How many backups are kept, including that of the newest committed change. */
		readonly backups: number;
	};
	readonly hooks: {
		readonly path: readonly string[];
		readonly timeout: number;
		readonly later: number;
		readonly pause: number;
		readonly output: number;
	};
	/** `deadline` is in milliseconds, for each attempt. */
	readonly reboot: { readonly command: readonly string[]; readonly deadline: number; readonly tries: number };
	readonly triggers: {
		readonly dir: string | undefined;
		readonly parallel: number;
		readonly policies: Readonly<Record<string, TriggerPolicy>>;
		/** The policy of triggers that neither the file nor KNOWN_TRIGGERS names. */
		readonly other: TriggerPolicy;
	};
	readonly signals: { readonly owners: readonly (string | number)[] | undefined; readonly rescan: number };
	readonly compat: { readonly treeOwner: string | number | undefined };
	readonly probes: readonly Probe[];
}

/**
 * How releases are verified. `metadata`: URL or path of manifests and signatures; undefined: the source
 * itself.
 */
export type TrustPolicy =
	| { readonly mode: 'unsigned' }
	| { readonly mode: 'tuf'; readonly root: string; readonly metadata: string | undefined }
	| {
			readonly mode: 'minisign' | 'ssh';
			readonly keys: readonly string[];
			readonly threshold: number;
			readonly metadata: string | undefined;
	  };

/** Triggers that need no configuration. A table of the same name in the file overrides single keys. */
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
 * Returns the configuration in a parsed TOML file. Throws `config-invalid`, which names `where` and every
 * wrong key. Trust: the caller must have checked that only root could write the file.
 */
export function parseConfig(value: unknown, where: string): Config {
	const parsed = configFile.safeParse(value);
	if (!parsed.success) throw invalid(where, schemaIssues(parsed.error));
	const file = parsed.data;
	return {
		product: file.product,
		hardware: file.hardware,
		state: file.state,
		group: file.group,
		sharedStatuses: file.shared_statuses,
		source: sourceOf(file.source),
		trust: trustOf(file.trust),
		gitTags: gitTagsOf(file.trust),
		fetcher: fetcherOf(file.fetcher),
		install: {
			kind: file.install.kind,
			allowDelete: file.install.allow_delete,
			data: file.install.data,
			restart: file.install.restart,
			spare: sizeOf(file.install.spare),
			backups: file.install.backups,
		},
		hooks: {
			path: file.hooks.path,
			timeout: spanOf(file.hooks.timeout),
			later: spanOf(file.hooks.later),
			pause: spanOf(file.hooks.pause),
			output: sizeOf(file.hooks.output),
		},
		reboot: { ...file.reboot, deadline: spanOf(file.reboot.deadline) },
		triggers: {
			dir: file.triggers.dir,
			parallel: file.triggers.parallel,
			policies: policiesOf(file.triggers, where),
			other: policyOf({}),
		},
		signals: { owners: file.signals.owners, rescan: spanOf(file.signals.rescan) },
		compat: { treeOwner: file.compat.tree_owner },
		probes: file.probes.map((table) => probeOf(table, 'configuration')),
	};
}

export type ProbesResult =
	| { readonly kind: 'probes'; readonly probes: readonly Probe[] }
	| { readonly kind: 'refused'; readonly why: readonly string[] };

/** Returns the probes that a release declares, or what is wrong with them. Trust: none. */
export function parseProbes(value: unknown): ProbesResult {
	const parsed = probeList.safeParse(value);
	return parsed.success
		? { kind: 'probes', probes: parsed.data.map((table) => probeOf(table, 'release')) }
		: { kind: 'refused', why: schemaIssues(parsed.error).map((why) => `probes.${why}`) };
}

function sourceOf({
	kind,
	url,
	channel,
	repository,
	timeout,
	probe,
	probe_deadline,
}: ConfigFile['source']): Config['source'] {
	return {
		kind,
		url,
		channel,
		repository,
		timeout: spanOf(timeout),
		probeDeadline: probe ? spanOf(probe_deadline) : undefined,
	};
}

function gitTagsOf({ git_tags }: ConfigFile['trust']): Config['gitTags'] {
	return git_tags === undefined
		? undefined
		: { allowedSigners: git_tags.allowed_signers, revoked: git_tags.revoked };
}

/** The schema guarantees the keys that each mode needs. */
function trustOf({ mode, root = '', keys = [], threshold = 1, metadata }: ConfigFile['trust']): TrustPolicy {
	switch (mode) {
		case 'unsigned':
			return { mode };
		case 'tuf':
			return { mode, root, metadata };
		case 'minisign':
		case 'ssh':
			return { mode, keys, threshold, metadata };
	}
}

function fetcherOf({
	connect,
	answer,
	idle,
	rate,
	proxy,
	certificates,
	...same
}: ConfigFile['fetcher']): Config['fetcher'] {
	const limits = { connect: spanOf(connect), answer: spanOf(answer), idle: spanOf(idle), rate: sizeOf(rate) };
	return { ...same, ...limits, proxy, certificates };
}

/** Returns the probe that a table of the configuration or of a release declares. */
export function probeOf(table: ConfigFile['probes'][number], of: Declarer): Probe {
	const { name, timeout, interval, deadline, soak } = table;
	const spans = {
		timeout: spanOf(timeout),
		interval: spanOf(interval),
		deadline: spanOf(deadline),
		soak: spanOf(soak ?? '0ms'),
	};
	return { name, question: questionOf(table, of), ...spans };
}

function policiesOf(file: ConfigFile['triggers'], where: string): Record<string, TriggerPolicy> {
	const { dir: _dir, parallel: _parallel, ...named } = file;
	const wrong = Object.keys(named).filter((name) => parseSignalName(name) === undefined);
	if (wrong.length > 0)
		throw invalid(
			where,
			wrong.map((name) => `triggers.${name}: is not the name of a signal`),
		);
	const names = [...new Set([...Object.keys(KNOWN_TRIGGERS), ...Object.keys(named)])];
	return Object.fromEntries(
		names.map((name) => [name, policyOf({ ...KNOWN_TRIGGERS[name], ...named[name] })]),
	);
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
		'correct the named keys; docs/operator/configuration.md lists all of them',
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
