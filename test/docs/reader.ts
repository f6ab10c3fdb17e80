/**
 * A reader who types the commands of the pages: an ordinary user with a checkout in `~/signalbox`, and in
 * `~/root` a box that was updated once and can be updated again. Under root the reader is the user nobody,
 * who cannot change the machine.
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

/** Milliseconds for all commands of one shell, even on a slow and busy machine. */
export const LIMIT = 600_000;
const NOBODY = 65_534;
const AS = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

const SOON = `
# soon COMMAND…: waits until the command succeeds, for at least two minutes.
soon() {
	for _ in {1..2400}; do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	return 1
}
`;

/** Creates a box in an empty home: installs 1.0.0, runs init, and updates to 1.1.0. */
const MAKE_BOX = `set -e
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

/** Variables and functions that a reader's shell has before the first command. */
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

# daemon COMMAND…: runs a program as in another terminal, until the reader is done.
daemon() {
	: >~/daemon.out
	"$@" >>~/daemon.out 2>&1 &
	disown
	soon grep -qs 'watching\\|listens on' ~/daemon.out || { cat ~/daemon.out; return 1; }
}

# Signals need a karen; each root has only one.
karen_runs() { test -e "$ROOT/statuses/karen.json"; }
# Some pages work in another root, the current directory.
karen_is_up() { karen_runs || test -e statuses/karen.json; }
need_karen() { karen_runs || daemon signalbox --root "$ROOT" karen; }
stop_karen() {
	if karen_runs; then
		kill "$(sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p' "$ROOT/statuses/karen.json")"
		soon test ! -e "$ROOT/statuses/karen.json"
	fi
}
`;

/** A directory with a reader's `home`, and beside it the typed commands and their output. */
export type ReaderHome = string;

/** Creates the home that readers get copies of. The caller removes it. */
export async function makeHome(): Promise<ReaderHome> {
	const dir = await homeMadeBy(`mkdir ~ && cd && ${MAKE_BOX}`);
	await endProcessesOf(dir);
	return dir;
}

/** Returns a copy. The caller removes it. */
export function copyHome(dir: ReaderHome): Promise<ReaderHome> {
	return homeMadeBy(`cp -a '${dir}/home' ~`);
}

async function homeMadeBy(script: string): Promise<ReaderHome> {
	const dir = makeDirectory();
	const { code, output } = await shell(dir, script);
	if (code === 0) return dir;
	await removeHome(dir);
	throw new Error(`cannot make a home for readers:\n${output}`);
}

function makeDirectory(): ReaderHome {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), 'docs-')));
	if (AS.uid !== undefined) chownSync(dir, AS.uid, AS.gid);
	chmodSync(dir, 0o755);
	return dir;
}

export async function removeHome(dir: ReaderHome): Promise<void> {
	await endProcessesOf(dir);
	rmSync(dir, { recursive: true, force: true });
}

export interface Typed {
	/** One per command; fewer if the shell ended early. */
	readonly exits: readonly number[];
	/** The output of all commands. */
	readonly output: string;
}

/** Runs commands in one shell, one after another. */
export async function type(dir: ReaderHome, commands: readonly string[]): Promise<Typed> {
	const exits = join(dir, 'exits');
	const typed = commands.map(
		(command) => `echo ${quoted(`> ${command}`)}\n${command}\necho $? >>'${exits}'\n`,
	);
	const { output } = await shell(dir, `${PRELUDE}\n: >'${exits}'\n${typed.join('')}`);
	const lines = existsSync(exits) ? readFileSync(exits, 'utf8').split('\n') : [];
	return { exits: lines.filter((line) => line !== '').map(Number), output };
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Both streams go to a file, because background processes may keep them open. */
async function shell(
	dir: ReaderHome,
	script: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
	const file = join(dir, 'typed');
	const output = join(dir, 'output');
	writeFileSync(file, script, { mode: 0o644 });
	const home = join(dir, 'home');
	// The user nobody cannot write to the compile cache of the checkout.
	const env = {
		HOME: home,
		PATH: `${home}/bin:/usr/local/bin:/usr/bin:/bin`,
		LC_ALL: 'C.UTF-8',
		NODE_COMPILE_CACHE: `${home}/.cache`,
	};
	const child = spawn('bash', ['-c', `exec bash '${file}' >'${output}' 2>&1`], {
		...AS,
		cwd: dir,
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
