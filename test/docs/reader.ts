/**
 * A reader who types what the pages show: an ordinary user with a checkout in `~/signalbox`, and in `~/root` a box that was
 * updated once and may be updated again. As root the reader is nobody, so that nothing of the machine can be touched.
 */
import { spawn } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcessesOf } from '../box/processes.ts';
import { TOP } from './pages.ts';

/** Milliseconds for all that is typed in one shell, on a slow and busy machine too. */
export const LIMIT = 600_000;
const NOBODY = 65_534;
const AS = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

const SOON = `
# soon COMMAND…: waits until the command ends well, two minutes at least.
soon() {
	for _ in {1..2400}; do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	return 1
}
`;

/** In an empty home, makes a box: 1.0.0 is installed, made a root, and updated to 1.1.0. */
const FURNISH = `set -e
${SOON}
mkdir ~/bin && ln -s '${TOP}' ~/signalbox && ln -s ~/signalbox/bin/signalbox ~/bin/signalbox
git config --global user.name reader && git config --global user.email reader@example.org
cp -R ~/signalbox/examples/minimal-release ~/releases.git
cd ~/releases.git
git init --quiet --initial-branch=main && git add --all && git commit --quiet --message v1.0.0 && git tag v1.0.0
for box in ~/root ~/box; do mkdir $box && git archive v1.0.0 | tar -x -C $box; done
sed -i 's/1.0.0/1.1.0/' info.json && git commit --quiet --all --message v1.1.0 && git tag v1.1.0
cd ~/root
signalbox init --source ~/releases.git --trust unsigned
for trigger in app hello reboot; do
	printf '#!/bin/sh\\nexit 0\\n' >events/triggers/$trigger && chmod 755 events/triggers/$trigger
done
signalbox karen >~/karen.out 2>&1 &
soon grep -q watching ~/karen.out
signalbox update
kill %1 && wait
bin/lamp stop
rm events/signals/*
`;

/** What the shell of a reader knows before the first command. */
const PRELUDE = `
ROOT=$HOME/root
SOURCE=$HOME/releases.git
CHANGE=$(ls "$ROOT/.signalbox/changes" | head -n 1)
sed -i "s#^url = .*#url = \\"$SOURCE\\"#" "$ROOT/.signalbox/config.toml"
cd "$ROOT"

# publish TAG: one more release, so that there is one to update to.
publish() (
	cd "$SOURCE"
	sed -i "s/[0-9]*\\.[0-9]*\\.[0-9]*/\${1#v}/" info.json
	git commit --quiet --all --message "$1" && git tag "$1"
)

${SOON}

# daemon COMMAND…: what runs in the foreground of another terminal, until the reader leaves.
daemon() {
	: >~/daemon.out
	"$@" >>~/daemon.out 2>&1 &
	disown
	soon grep -qs 'watching\\|listens on' ~/daemon.out || { cat ~/daemon.out; return 1; }
}

# Whoever rings needs a karen; only one looks after a root.
karen_runs() { test -e "$ROOT/statuses/karen.json"; }
# Some pages have another root, in which they stand.
karen_is_up() { karen_runs || test -e statuses/karen.json; }
need_karen() { karen_runs || daemon signalbox --root "$ROOT" karen; }
stop_karen() {
	if karen_runs; then
		kill "$(sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p' "$ROOT/statuses/karen.json")"
		soon test ! -e "$ROOT/statuses/karen.json"
	fi
}
`;

/** A directory with a reader's `home`, and beside it what is typed and what comes of it. */
export type Place = string;

/** Makes the place that readers get copies of. Whoever calls removes it. */
export async function furnishPlace(): Promise<Place> {
	const place = await placeMadeBy(`mkdir ~ && cd && ${FURNISH}`);
	await endProcessesOf(place);
	return place;
}

/** Returns a copy. Whoever calls removes it. */
export function copyPlace(place: Place): Promise<Place> {
	return placeMadeBy(`cp -a '${place}/home' ~`);
}

async function placeMadeBy(script: string): Promise<Place> {
	const place = makePlace();
	const { code, output } = await shell(place, script);
	if (code === 0) return place;
	await removePlace(place);
	throw new Error(`cannot make a home for readers:\n${output}`);
}

function makePlace(): Place {
	const place = realpathSync(mkdtempSync(join(tmpdir(), 'docs-')));
	if (AS.uid !== undefined) chownSync(place, AS.uid, AS.gid);
	chmodSync(place, 0o755);
	return place;
}

export async function removePlace(place: Place): Promise<void> {
	await endProcessesOf(place);
	rmSync(place, { recursive: true, force: true });
}

export interface Typed {
	/** One a command; fewer when the shell ended early. */
	readonly exits: readonly number[];
	/** What all of them printed. */
	readonly output: string;
}

/** Types commands into one shell, one after another. */
export async function type(place: Place, commands: readonly string[]): Promise<Typed> {
	const exits = join(place, 'exits');
	const typed = commands.map(
		(command) => `echo ${quoted(`> ${command}`)}\n${command}\necho $? >>'${exits}'\n`,
	);
	const { output } = await shell(place, `${PRELUDE}\n: >'${exits}'\n${typed.join('')}`);
	const lines = existsSync(exits) ? readFileSync(exits, 'utf8').split('\n') : [];
	return { exits: lines.filter((line) => line !== '').map(Number), output };
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Both streams go into a file: what is left running in the background may hold them open. */
async function shell(
	place: Place,
	script: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
	const file = join(place, 'typed');
	const output = join(place, 'output');
	writeFileSync(file, script, { mode: 0o644 });
	const home = join(place, 'home');
	// The checkout's own compile cache is not nobody's to write.
	const env = {
		HOME: home,
		PATH: `${home}/bin:/usr/local/bin:/usr/bin:/bin`,
		LC_ALL: 'C.UTF-8',
		NODE_COMPILE_CACHE: `${home}/.cache`,
	};
	const child = spawn('bash', ['-c', `exec bash '${file}' >'${output}' 2>&1`], {
		...AS,
		cwd: place,
		env,
		stdio: 'ignore',
		timeout: LIMIT,
	});
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', resolve);
	});
	return { code, output: readFileSync(output, 'utf8') };
}
