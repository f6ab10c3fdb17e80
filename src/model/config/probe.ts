/** Probes: health checks of the box, declared by the configuration or by a release. */

/** Who declared a probe. */
export type Declarer = 'configuration' | 'release';

/** What a probe checks. Root never reads network answers: an unprivileged child performs `http` and `tcp`. */
export type Question =
	/** Succeeds on exit code 0. Runs in the root, or for a release in its staged `scripts/update`. */
	| { readonly kind: 'command'; readonly command: readonly string[]; readonly of: Declarer }
	/**
	 * Succeeds if `url` answers with `status` and the first 256 KB of the answer contain `body`, unless it is
	 * null.
	 */
	| { readonly kind: 'http'; readonly url: string; readonly status: number; readonly body: string | null }
	/** Succeeds if the port accepts a connection. */
	| { readonly kind: 'tcp'; readonly host: string; readonly port: number }
	/** Succeeds if systemd reports the unit as active. */
	| { readonly kind: 'unit'; readonly unit: string }
	/**
	 * Succeeds if the installed updater can read its source. It is enabled by `source.probe`, never declared.
	 */
	| { readonly kind: 'source' };

/** The kinds that a configuration or a release may declare. */
type DeclaredKind = Exclude<Question['kind'], 'source'>;

/** Durations are in milliseconds. */
export interface Probe {
	readonly name: string;
	readonly question: Question;
	/** Limit of one attempt. */
	readonly timeout: number;
	/** Pause between attempts. */
	readonly interval: number;
	/** The probe fails if no attempt succeeds within this time. */
	readonly deadline: number;
	/** How long attempts must keep succeeding after the first success; 0: one success is enough. */
	readonly soak: number;
}

/** The keys of a probe's question as written in a file. */
export interface QuestionTable {
	readonly kind: DeclaredKind;
	readonly command?: readonly string[] | undefined;
	readonly url?: string | undefined;
	readonly status?: number | undefined;
	readonly body?: string | undefined;
	readonly host?: string | undefined;
	readonly port?: number | undefined;
	readonly unit?: string | undefined;
}

type Key = Exclude<keyof QuestionTable, 'kind'>;

/** For each kind, the required key and the optional ones. */
const KEYS: { readonly [K in DeclaredKind]: { readonly must: Key; readonly may: readonly Key[] } } = {
	command: { must: 'command', may: [] },
	http: { must: 'url', may: ['status', 'body'] },
	tcp: { must: 'port', may: ['host'] },
	unit: { must: 'unit', may: [] },
};

/** Returns a message about a missing or surplus key for the probe's kind, or undefined. */
export function probeMisfit(table: QuestionTable): string | undefined {
	const { must, may } = KEYS[table.kind];
	if (table[must] === undefined) return `a probe of kind "${table.kind}" needs ${must}`;
	const all = Object.values(KEYS).flatMap((keys) => [keys.must, ...keys.may]);
	const odd = all.find((key) => table[key] !== undefined && key !== must && !may.includes(key));
	return odd === undefined ? undefined : `a probe of kind "${table.kind}" has no ${odd}`;
}

/** Returns the question of a table that passed `probeMisfit`. */
export function questionOf(table: QuestionTable, of: Declarer): Question {
	const {
		kind,
		command = [],
		url = '',
		status = 200,
		body = null,
		host = '127.0.0.1',
		port = 0,
		unit = '',
	} = table;
	switch (kind) {
		case 'command':
			return { kind, command, of };
		case 'http':
			return { kind, url, status, body };
		case 'tcp':
			return { kind, host, port };
		case 'unit':
			return { kind, unit };
	}
}

/** Returns the keys of a question as written in a file. Throws for `source`, which no file declares. */
export function tableOf(question: Question): QuestionTable {
	switch (question.kind) {
		case 'command':
			return { kind: question.kind, command: question.command };
		case 'http': {
			const { kind, url, status, body } = question;
			return { kind, url, status, ...(body === null ? {} : { body }) };
		}
		case 'tcp':
		case 'unit':
			return question;
		case 'source':
			throw new TypeError('a source probe cannot be declared');
	}
}

/**
 * Returns whether `text` is a URL for a probe: http or https, without a password, since releases are
 * readable.
 */
export function isProbeUrl(text: string): boolean {
	const url = URL.parse(text);
	return (
		(url?.protocol === 'http:' || url?.protocol === 'https:') && url.username === '' && url.password === ''
	);
}
