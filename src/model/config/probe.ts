/** Probes: questions whether the box is well. The configuration asks some, a release others. */

/** Who declared a probe. */
export type Declarer = 'configuration' | 'release';

/** What is asked. What the network answers is never read by root: `http` and `tcp` are asked by a child without rights. */
export type Question =
	/** Well when it ends with 0. Of a configuration it runs in the root, of a release in its staged `scripts/update`. */
	| { readonly kind: 'command'; readonly command: readonly string[]; readonly of: Declarer }
	/** Well when `url` answers with `status`, and `body`, where it is given, is in the first 256 KB of the answer. */
	| { readonly kind: 'http'; readonly url: string; readonly status: number; readonly body: string | null }
	/** Well when the port takes a connection. */
	| { readonly kind: 'tcp'; readonly host: string; readonly port: number }
	/** Well when systemd calls the unit active. */
	| { readonly kind: 'unit'; readonly unit: string }
	/** Well when the updater that is now installed reads its source. Nobody declares it: source.probe of the configuration asks it. */
	| { readonly kind: 'source' };

/** The kinds that a configuration or a release may declare. */
type DeclaredKind = Exclude<Question['kind'], 'source'>;

/** Spans are milliseconds. */
export interface Probe {
	readonly name: string;
	readonly question: Question;
	/** Limit of one try. */
	readonly timeout: number;
	/** Pause between tries. */
	readonly interval: number;
	/** The box is unwell when no try was well by then. */
	readonly deadline: number;
	/** How long the box must stay well after it first was; 0: one good answer is enough. */
	readonly soak: number;
}

/** The keys of a question as people write them. */
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

/** For each kind the key that must be there, and those that may. */
const KEYS: { readonly [K in DeclaredKind]: { readonly must: Key; readonly may: readonly Key[] } } = {
	command: { must: 'command', may: [] },
	http: { must: 'url', may: ['status', 'body'] },
	tcp: { must: 'port', may: ['host'] },
	unit: { must: 'unit', may: [] },
};

/** Says which key a probe of its kind lacks or cannot have, or returns undefined. */
export function misfitOf(table: QuestionTable): string | undefined {
	const { must, may } = KEYS[table.kind];
	if (table[must] === undefined) return `a probe of kind "${table.kind}" needs ${must}`;
	const all = Object.values(KEYS).flatMap((keys) => [keys.must, ...keys.may]);
	const odd = all.find((key) => table[key] !== undefined && key !== must && !may.includes(key));
	return odd === undefined ? undefined : `a probe of kind "${table.kind}" has no ${odd}`;
}

/** Returns the question of a table that `misfitOf` found nothing wrong with. */
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

/** Returns the keys of a question as people write them. Throws for the one kind that nobody writes. */
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
			throw new TypeError('the probe of the source is nobody’s to declare');
	}
}

/** Returns whether `text` is a URL that a probe may ask: http or https, without a password for everybody to read. */
export function isProbeUrl(text: string): boolean {
	const url = URL.parse(text);
	return (
		(url?.protocol === 'http:' || url?.protocol === 'https:') && url.username === '' && url.password === ''
	);
}
