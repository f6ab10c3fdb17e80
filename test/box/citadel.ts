/**
 * Releases with hooks of the structure of Citadel's and Umbrel's (Citadel contract §2, §3), written for these tests: status
 * files written in place, a backup of their own, an rsync overlay with --delete, a service stopped and started.
 */
import type { ReleaseFiles } from './source.ts';

export interface CitadelRelease {
	readonly version: string;
	readonly requires: string;
	/** Lines put into hooks, by hook: what a bad release does. They run first thing. */
	readonly sabotage?: Partial<Record<'00' | '01' | '02' | '03', string>>;
	/** Files besides the usual ones; undefined as a value leaves a usual one out. */
	readonly files?: Readonly<Record<string, ReleaseFiles[string] | undefined>>;
	readonly ignore?: string;
	readonly include?: string;
	/** The release stops karen by its command line and starts the new one, as real ones do. */
	readonly karen?: 'restarts';
}

const STATUS = (progress: number, description: string) =>
	`cat <<EOF > "$ROOT"/statuses/update-status.json\n{"state": "installing", "progress": ${progress}, "description": "${description}", "updateTo": "$RELEASE"}\nEOF`;

const HEAD = '#!/usr/bin/env bash\nset -euo pipefail\nRELEASE=$1\nROOT=$2\n';

const FILTERS = '--include-from="$STAGED"/scripts/update/.updateinclude --exclude-from="$STAGED"/scripts/update/.updateignore';

const IGNORE = '/.*\ndb/*\nstatuses\nevents/signals\nlogs/*\napp-data/*\n';

function hook00(extra: string): string {
	return `${HEAD}STAGED=$(cd ../.. && pwd)
${extra}
if [[ -d "$ROOT"/.citadel-backup ]]; then
	echo "Cannot install update. A previous backup already exists at $ROOT/.citadel-backup"
	exit 1
fi
${STATUS(20, 'Backing up')}
rsync -a ${FILTERS} "$ROOT"/ "$ROOT"/.citadel-backup/
`;
}

function hook01(release: CitadelRelease, extra: string): string {
	const stop = release.karen === 'restarts' ? 'pkill -f "\\./karen"' : ':';
	const start =
		release.karen === 'restarts'
			? '(cd "$ROOT" && ./karen --root "$ROOT" --config "$ROOT/.config.toml" &>> "$ROOT"/logs/karen.log &)'
			: ':';
	return `${HEAD}STAGED=$(cd ../.. && pwd)
${extra}
${STATUS(40, 'Configuring settings')}
echo "configured by ${release.version}" > "$STAGED"/settings.generated
${STATUS(60, 'Stopping services')}
rm -f "$ROOT"/logs/service.running
${STATUS(70, 'Updating installed files')}
rsync --archive ${FILTERS} --delete "$STAGED"/ "$ROOT"/
${stop}
${STATUS(80, 'Starting new containers')}
cp "$ROOT"/service.txt "$ROOT"/logs/service.running
${start}
`;
}

/** Returns the files of a release. */
export function citadelRelease(release: CitadelRelease): ReleaseFiles {
	const extra = (hook: '00' | '01' | '02' | '03') => release.sabotage?.[hook] ?? '';
	const { version, requires } = release;
	const usual: Record<string, ReleaseFiles[string] | undefined> = {
		'info.json': `${JSON.stringify({ version, name: `Citadel v${version}`, requires, notes: `Notes of ${version}.` }, null, '    ')}\n`,
		'README.md': `# Citadel ${version}\n`,
		'service.txt': `service of ${version}\n`,
		'bin/tool': { text: `#!/bin/sh\necho tool ${version}\n`, mode: 0o755 },
		'current-tool': { link: 'bin/tool' },
		'db/.gitkeep': '',
		'logs/.gitkeep': '',
		'app-data/.gitkeep': '',
		'events/triggers/reboot': { text: '#!/bin/sh\nexit 0\n', mode: 0o755 },
		'scripts/update/.updateignore': release.ignore ?? IGNORE,
		'scripts/update/.updateinclude': release.include ?? '',
		'scripts/update/00-run.sh': hook00(extra('00')),
		'scripts/update/01-run.sh': hook01(release, extra('01')),
		'scripts/update/02-run.sh': `${HEAD}${extra('02')}\ngrep -q "service of ${version}" "$ROOT"/logs/service.running\n`,
		'scripts/update/03-run.sh': `${HEAD}${extra('03')}\n${STATUS(95, 'Removing backup')}\nrm -rf "$ROOT"/.citadel-backup\n${STATUS(100, '').replace('installing', 'success')}\n`,
		'scripts/update/rollback.sh': `${HEAD}cp "$ROOT"/service.txt "$ROOT"/logs/service.running\n`,
		...release.files,
	};
	return Object.fromEntries(Object.entries(usual).flatMap(([path, file]) => (file === undefined ? [] : [[path, file]])));
}
