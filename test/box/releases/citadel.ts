/**
 * Releases with hooks of the structure of Citadel's and Umbrel's (Citadel contract §2, §3), written for these
 * tests: status files written in place, a backup of their own, an rsync overlay with --delete, a service
 * stopped and started.
 */
import type { ReleaseFile, ReleaseFiles } from '../sources/source.ts';

/**
 * Where a release may do something of its own: first thing in a hook, right after the overlay, last thing in
 * 01, in rollback.sh.
 */
export type Moment = '00' | '01' | 'overlaid' | 'started' | '02' | '03' | 'rollback';

export interface CitadelRelease {
	readonly version: string;
	readonly requires: string;
	/** Lines of shell by moment: what a bad or odd release does. `$STAGED`, `$ROOT` and `$RELEASE` are set. */
	readonly does?: Partial<Record<Moment, string>>;
	/** Files besides the usual ones; undefined as a value leaves a usual one out. */
	readonly files?: Readonly<Record<string, ReleaseFile | undefined>>;
	readonly ignore?: string;
	readonly include?: string;
	/**
	 * What `./karen` is; a release with one stops karen by her command line and starts the new one, as real
	 * ones do.
	 */
	readonly karen?: string;
}

/** Writes update-status.json as real hooks do: in place, and for a moment it is empty. */
export function sayStatus(progress: number, description: string, state = 'installing'): string {
	return `cat <<EOF > "$ROOT"/statuses/update-status.json\n{"state": "${state}", "progress": ${progress}, "description": "${description}", "updateTo": "$RELEASE"}\nEOF`;
}

const HEAD = '#!/usr/bin/env bash\nset -euo pipefail\nRELEASE=$1\nROOT=$2\n';
const STAGED = 'STAGED=$(cd ../.. && pwd)\n';
const FILTERS =
	'--include-from="$STAGED"/scripts/update/.updateinclude --exclude-from="$STAGED"/scripts/update/.updateignore';

const IGNORE = '/.*\ndb/*\nstatuses\nevents/signals\nlogs/*\napp-data/*\n';

function hook00(extra: string): string {
	return `${HEAD}${STAGED}${extra}
if [[ -d "$ROOT"/.citadel-backup ]]; then
	echo "Cannot install update. A previous backup already exists at $ROOT/.citadel-backup"
	exit 1
fi
${sayStatus(20, 'Backing up')}
rsync -a ${FILTERS} "$ROOT"/ "$ROOT"/.citadel-backup/
`;
}

function hook01(release: CitadelRelease, does: (moment: Moment) => string): string {
	const [stop, start] =
		release.karen === undefined
			? [':', ':']
			: ['pkill -f "\\./karen"', '(cd "$ROOT" && ./karen &>> logs/karen.log &)'];
	return `${HEAD}${STAGED}${does('01')}
${sayStatus(40, 'Configuring settings')}
echo "configured by ${release.version}" > "$STAGED"/settings.generated
${sayStatus(60, 'Stopping services')}
rm -f "$ROOT"/logs/service.running
${sayStatus(70, 'Updating installed files')}
rsync --archive ${FILTERS} --delete "$STAGED"/ "$ROOT"/
${does('overlaid')}
${stop}
${sayStatus(80, 'Starting new containers')}
cp "$ROOT"/service.txt "$ROOT"/logs/service.running
${start}
${does('started')}
`;
}

/** Returns the files of a release. */
export function citadelRelease(release: CitadelRelease): ReleaseFiles {
	const does = (moment: Moment) => release.does?.[moment] ?? '';
	const { version, requires } = release;
	const usual: Record<string, ReleaseFile | undefined> = {
		'info.json': infoJson(version, requires),
		'README.md': `# Citadel ${version}\n`,
		'service.txt': `service of ${version}\n`,
		'bin/tool': { text: `#!/bin/sh\necho tool ${version}\n`, mode: 0o755 },
		'current-tool': { link: 'bin/tool' },
		'db/.gitkeep': '',
		'logs/.gitkeep': '',
		'app-data/.gitkeep': '',
		'events/triggers/reboot': { text: '#!/bin/sh\nexit 0\n', mode: 0o755 },
		karen: release.karen === undefined ? undefined : { text: release.karen, mode: 0o755 },
		'scripts/update/.updateignore': release.ignore ?? IGNORE,
		'scripts/update/.updateinclude': release.include ?? '',
		'scripts/update/00-run.sh': hook00(does('00')),
		'scripts/update/01-run.sh': hook01(release, does),
		'scripts/update/02-run.sh': `${HEAD}${STAGED}${does('02')}\ngrep -q "service of ${version}" "$ROOT"/logs/service.running\n`,
		'scripts/update/03-run.sh': `${HEAD}${STAGED}${does('03')}\n${sayStatus(95, 'Removing backup')}\nrm -rf "$ROOT"/.citadel-backup\n${sayStatus(100, '', 'success')}\n`,
		'scripts/update/rollback.sh': `${HEAD}${does('rollback')}\ncp "$ROOT"/service.txt "$ROOT"/logs/service.running\n`,
		...release.files,
	};
	return Object.fromEntries(
		Object.entries(usual).flatMap(([path, file]) => (file === undefined ? [] : [[path, file]])),
	);
}

export function infoJson(version: string, requires: string): string {
	return `${JSON.stringify({ version, name: `Citadel v${version}`, requires, notes: `Notes of ${version}.` }, null, '    ')}\n`;
}

/** What leaves the four hooks out of a release. */
export const NO_HOOKS: Readonly<Record<string, undefined>> = Object.fromEntries(
	['00', '01', '02', '03'].map((number) => [`scripts/update/${number}-run.sh`, undefined]),
);

/** The one hook of later Umbrels: installs all, and calls it success before it is over. */
export function bootstrapHook(extra = ''): ReleaseFile {
	const text = `${HEAD}${STAGED}${extra}
${sayStatus(25, 'Downloading')}
rsync --archive ${FILTERS} --delete "$STAGED"/ "$ROOT"/
cp "$ROOT"/service.txt "$ROOT"/logs/service.running
${sayStatus(90, '', 'success')}
${sayStatus(100, '', 'success')}
`;
	return { text, mode: 0o755 };
}
