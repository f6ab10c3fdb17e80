/**
 * What hooks of a bad release may do to a box, and the end that each of them has. One line of the table is
 * one update.
 */
import type { ErrorCode } from '../../../src/model/base/error-codes.ts';
import { type CitadelRelease, sayStatus } from '../../box/releases/citadel.ts';

export type End =
	/** The new release is whole. `warning`: what is told besides. */
	| { readonly kind: 'committed'; readonly warning?: ErrorCode }
	| { readonly kind: 'rolled-back'; readonly code: ErrorCode }
	/** The updater dies with it; the next run finishes the change, and it ends like this. */
	| { readonly kind: 'resumed'; readonly end: 'committed' | 'rolled-back' }
	/** Neither can be made whole: that is told, and no update is let through. */
	| { readonly kind: 'needs-attention'; readonly code: ErrorCode };

export interface HookCase {
	readonly name: string;
	readonly release: Partial<CitadelRelease>;
	readonly end: End;
	/** Tables of the configuration. */
	readonly config?: string;
	/** What may go on running at a good end, a part of its command line: the case ends it. */
	readonly lingers?: string;
}

const COMMITTED: End = { kind: 'committed' };
const back = (code: ErrorCode = 'hook-failed'): End => ({ kind: 'rolled-back', code });
const resumed = (end: 'committed' | 'rolled-back'): End => ({ kind: 'resumed', end });

/** Long enough for the hooks before the one that hangs, and for the start of the old release. */
const SHORT = '[hooks]\ntimeout = "3s"';
const SMALL = '[hooks]\noutput = "1MB"';
/** What is tried again after a commit waits for this. */
const PAUSED = '[hooks]\npause = "1s"';
const AGAIN = '[hooks]\npause = "50ms"\nlater = "150ms"';

/** Root's own directory, which a hook finds by its environment. */
const STATE = 'STATE=$(dirname "$SIGNALBOX_CONFIG")/state; CHANGE="$STATE"/changes/"$SIGNALBOX_CHANGE";';
const STATUS = '"$ROOT"/statuses/update-status.json';

/** A process that writes in the root for ever, in a session of its own. */
const writer = (trap = '') =>
	`setsid bash -c '${trap} while :; do echo late > "$0"/README.md; echo late > "$0"/late; sleep 0.01; done' "$ROOT" & sleep 0.2;`;

const REBOOT =
	'echo 11111111-2222-3333-4444-555555555555 > "$STAGED"/boot; mount --bind "$STAGED"/boot /proc/sys/kernel/random/boot_id; kill -9 -1; kill -9 $$';

type Line = readonly [
	name: string,
	does: NonNullable<CitadelRelease['does']>,
	end: End,
	config?: string | undefined,
	lingers?: string,
];

const LINES: readonly Line[] = [
	// It ends by itself, and not well.
	['00 ends with 1', { '00': 'exit 1' }, back()],
	['01 ends with 1 after the overlay', { overlaid: 'exit 1' }, back()],
	['02 ends with 1', { '02': 'exit 1' }, back()],
	['02 ends with 255', { '02': 'exit 255' }, back()],
	['03 ends with 1 every time', { '03': 'exit 1' }, { kind: 'committed', warning: 'hook-failed' }, AGAIN],
	['01 becomes a program that is not there', { overlaid: 'exec /nonexistent' }, back()],
	['01 kills itself', { overlaid: 'kill -9 $$' }, back()],
	['01 crashes', { overlaid: 'kill -SEGV $$' }, back()],
	['01 kills every process of its group', { overlaid: 'sleep 600 & kill -9 0' }, back()],
	['01 ends every process of its group', { overlaid: 'sleep 600 & kill -TERM 0; sleep 600' }, back()],
	['00 ends with 75 until the budget ends', { '00': 'exit 75' }, back('hook-later'), AGAIN],
	['01 ends with 21 until the budget ends', { overlaid: 'exit 21' }, back('hook-later'), AGAIN],
	['02 ends with 75 until the budget ends', { '02': 'exit 75' }, back('hook-later'), AGAIN],

	// It does not end.
	[
		'01 hangs with children and their children',
		{ overlaid: 'sleep 300 & (sleep 301 & sleep 302) & wait' },
		back('hook-timeout'),
		SHORT,
	],
	[
		'02 hangs and does not heed TERM',
		{ '02': 'trap "" TERM; while :; do sleep 0.1; done' },
		back('hook-timeout'),
		SHORT,
	],
	['01 stops itself', { overlaid: 'kill -STOP $$' }, back('hook-timeout'), SHORT],
	[
		'00 waits at a FIFO',
		{ '00': 'mkfifo "$STAGED"/fifo; read -r line < "$STAGED"/fifo' },
		back('hook-timeout'),
		SHORT,
	],
	[
		'01 hangs, a daemon of its own hangs on too',
		{ overlaid: 'setsid sleep 600 & sleep 600' },
		back('hook-timeout'),
		SHORT,
	],

	// It leaves a process behind.
	[
		'01 leaves orphans that hold its output, and fails',
		{ overlaid: '(sleep 600 &) ; (yes >&2 &) ; exit 1' },
		back(),
	],
	[
		'01 leaves orphans that hold its output, and is well',
		{ started: '(sleep 600 &)' },
		COMMITTED,
		undefined,
		'sleep 600',
	],
	['01 leaves a daemon that writes in the root, and fails', { overlaid: `${writer()} exit 1` }, back()],
	[
		'01 leaves one that does not heed TERM, and fails',
		{ overlaid: `${writer('trap "" TERM;')} exit 1` },
		back(),
	],
	['00 leaves a daemon that writes in the root, 02 fails', { '00': writer(), '02': 'exit 1' }, back()],
	[
		'01 leaves a daemon that writes in the root, 02 hangs',
		{ started: writer(), '02': 'sleep 600' },
		back('hook-timeout'),
		'[hooks]\ntimeout = "3s"',
	],
	[
		'01 leaves a daemon that writes info.json back',
		{ started: `setsid bash -c 'while :; do echo "{}" > "$0"/info.json; done' "$ROOT" & sleep 0.1` },
		back('info-unreadable'),
	],
	[
		'02 leaves a daemon that writes in the staged tree',
		{ '02': `setsid bash -c 'for i in {1..5000}; do echo > "$0"/late.$i || exit; done' "$STAGED" &` },
		COMMITTED,
		PAUSED,
		'late.$i',
	],

	// It starts too many.
	[
		'01 starts 300 at once',
		{ overlaid: 'for i in {1..300}; do sleep 600 & done; wait' },
		back('hook-timeout'),
		SHORT,
	],
	[
		'01 starts 100 sessions, and fails',
		{ overlaid: 'for i in {1..100}; do setsid sleep 600 & done; exit 1' },
		back(),
	],
	[
		'01 starts others without an end',
		{ overlaid: 'for i in {1..20}; do (while :; do (sleep 0.05); done) & done; wait' },
		back('hook-timeout'),
		SHORT,
	],
	[
		'01 starts others without an end, each in a session',
		{ overlaid: 'for i in {1..10}; do (while :; do setsid -f sleep 0.3; sleep 0.05; done) & done; wait' },
		back('hook-timeout'),
		SHORT,
	],
	[
		'01 answers TERM with two more',
		{ overlaid: 'trap "setsid sleep 600 & sleep 600 &" TERM; while :; do sleep 0.1; done' },
		back('hook-timeout'),
		SHORT,
	],

	// What it prints.
	[
		'01 prints 1 GB and fails',
		{ overlaid: '{ yes "noise of a hook" || true; } | head -c 1000000000; exit 1' },
		back(),
		SMALL,
	],
	['01 prints 1 GB in one line and is well', { '01': 'head -c 1000000000 /dev/zero' }, COMMITTED, SMALL],
	['02 closes its output', { '02': 'exec >&- 2>&-' }, COMMITTED],
	['01 empties its log', { '01': 'echo one; : > /proc/$$/fd/1; echo two' }, COMMITTED],
	['01 removes all logs', { '01': `${STATE} rm -rf "$CHANGE"/logs "$STATE"/signalbox.log` }, COMMITTED],

	// Whom it kills.
	['00 kills the updater', { '00': 'kill -9 $PPID; sleep 600' }, resumed('rolled-back')],
	[
		'01 kills the updater after the overlay',
		{ overlaid: 'kill -9 $PPID; sleep 600' },
		resumed('rolled-back'),
	],
	['01 ends the updater', { overlaid: 'kill -TERM $PPID; sleep 600' }, resumed('rolled-back')],
	[
		'01 kills the updater and leaves orphans',
		{ overlaid: 'sleep 600 & kill -9 $PPID; exit 0' },
		resumed('rolled-back'),
	],
	[
		'01 kills the updater and leaves a daemon that writes',
		{ overlaid: `${writer()} kill -9 $PPID; exit 0` },
		resumed('rolled-back'),
	],
	['02 kills the updater', { '02': 'kill -9 $PPID; sleep 600' }, resumed('rolled-back')],
	[
		'03 kills the updater once',
		{
			'03': 'if mkdir "$ROOT"/logs/once 2>/dev/null; then kill -9 $PPID; sleep 600; fi; rmdir "$ROOT"/logs/once',
		},
		resumed('committed'),
	],
	[
		'01 stops the updater for a second',
		{ '01': 'setsid bash -c "sleep 1; kill -CONT $PPID" & kill -STOP $PPID' },
		COMMITTED,
	],
	['00 makes the machine start anew', { '00': REBOOT }, resumed('rolled-back')],
	['01 makes the machine start anew after the overlay', { overlaid: REBOOT }, resumed('rolled-back')],
	[
		'03 makes the machine start anew once',
		{ '03': `if mkdir "$ROOT"/logs/once 2>/dev/null; then ${REBOOT}; fi; rmdir "$ROOT"/logs/once` },
		resumed('committed'),
	],

	// What it does to the trees.
	[
		'00 renames the staging directory',
		{
			'00': 'mv "$STAGED" "$ROOT"/.umbrel-renamed; cd "$ROOT"/.umbrel-renamed/scripts/update; STAGED=$(cd ../.. && pwd)',
		},
		COMMITTED,
	],
	[
		'00 renames the staging directory, 01 fails',
		{
			'00': 'mv "$STAGED" "$ROOT"/.umbrel-renamed; cd "$ROOT"/.umbrel-renamed/scripts/update; STAGED=$(cd ../.. && pwd)',
			'01': 'exit 1',
		},
		back(),
	],
	[
		'01 moves the staging directory out of the root',
		{ started: 'mv "$STAGED" "$ROOT"/../moved' },
		back('content-changed'),
	],
	['01 removes the staging directory', { started: 'rm -rf "$STAGED"' }, back('content-changed')],
	[
		'01 puts another directory in its place',
		{ started: 'cp -a "$STAGED" "$STAGED".other; rm -rf "$STAGED"; mv "$STAGED".other "$STAGED"' },
		back('content-changed'),
	],
	[
		'01 changes 02',
		{ started: 'echo "exit 0" >> "$STAGED"/scripts/update/02-run.sh' },
		back('content-changed'),
	],
	['01 removes itself', { started: 'rm -- "$0"' }, back('content-changed')],
	['00 makes the root nobody’s to enter and fails', { '00': 'chmod 000 "$ROOT"; exit 1' }, back()],
	['01 makes the root nobody’s to enter', { started: 'chmod 000 "$ROOT"' }, COMMITTED],
	['01 makes the root everybody’s to write', { started: 'chmod 777 "$ROOT"' }, COMMITTED],
	[
		'01 makes everything everybody’s to write and fails',
		{ overlaid: 'chmod -R 777 "$ROOT"; exit 1' },
		back(),
	],
	[
		'01 removes half of the root and fails',
		{ overlaid: 'rm -rf "$ROOT"/bin "$ROOT"/info.json "$ROOT"/scripts; exit 1' },
		back(),
	],
	['02 removes info.json', { '02': 'rm "$ROOT"/info.json' }, back('info-missing')],
	['02 puts the old version back', { '02': 'sed -i s/1.1.0/1.0.0/ "$ROOT"/info.json' }, back('not-switched')],

	// What it does to root's own directory.
	['01 removes the locks', { '01': `${STATE} rm -f "$STATE"/*.lock` }, COMMITTED],
	['01 removes the locks and fails', { overlaid: `${STATE} rm -f "$STATE"/*.lock; exit 1` }, back()],
	[
		'01 removes the locks and asks for a second updater',
		{
			started: `${STATE} rm -f "$STATE"/*.lock; code=0; "$NODE" "$UPDATER" resume --root "$ROOT" --config "$SIGNALBOX_CONFIG" || code=$?; (( code == 6 ))`,
		},
		COMMITTED,
	],
	[
		'01 removes what lies beside the journal',
		{ started: `${STATE} rm -rf "$CHANGE"/logs "$CHANGE"/reserve "$CHANGE"/running "$CHANGE"/manifest.json` },
		back('state-damaged'),
	],
	[
		'01 removes the backup and fails',
		{ overlaid: `${STATE} rm -rf "$CHANGE"/backup; exit 1` },
		{ kind: 'needs-attention', code: 'restore-failed' },
	],
	[
		'01 removes all of root’s own directory and fails',
		{ overlaid: `${STATE} rm -rf "$STATE"; exit 1` },
		{ kind: 'needs-attention', code: 'restore-failed' },
	],

	// What it says.
	[
		'01 says success at progress 90, long before the end',
		{ '01': `${sayStatus(90, '', 'success')}\nsleep 0.3` },
		COMMITTED,
	],
	['02 says success and fails', { '02': `${sayStatus(100, '', 'success')}\nexit 1` }, back()],
	[
		'01 says failed and goes on',
		{ '01': `${sayStatus(100, 'An unexpected error occured', 'failed')}\nsleep 0.3` },
		COMMITTED,
	],
	['01 empties the status', { '01': `: > ${STATUS}; sleep 0.3` }, COMMITTED],
	['02 leaves half a status', { '02': `printf '{"state": "inst' > ${STATUS}; sleep 0.3` }, COMMITTED],
	['02 says 100 MB', { '02': `head -c 100000000 /dev/zero > ${STATUS}; sleep 0.3` }, COMMITTED],
	[
		'02 says [] and 1e999',
		{
			'02': `echo '[]' > ${STATUS}; sleep 0.2; echo '{"state": 7, "progress": 1e999, "description": {}}' > ${STATUS}; sleep 0.2`,
		},
		COMMITTED,
	],
	['02 removes the status', { '02': `rm ${STATUS}; sleep 0.2` }, COMMITTED],
	[
		'02 removes all statuses',
		{ '02': 'rm -rf "$ROOT"/statuses; sleep 0.2; mkdir "$ROOT"/statuses' },
		COMMITTED,
	],
	[
		'02 makes the status a link to a file of root’s',
		{
			'02': `${STATE} echo kept > "$ROOT"/logs/victim; ln -sf "$ROOT"/logs/victim ${STATUS}; sleep 0.3; grep -qx kept "$ROOT"/logs/victim; rm "$ROOT"/logs/victim`,
		},
		COMMITTED,
	],
	['02 makes the status a FIFO', { '02': `rm ${STATUS}; mkfifo ${STATUS}; sleep 0.3` }, COMMITTED],
	[
		'02 makes the status a directory',
		{ '02': `rm ${STATUS}; mkdir ${STATUS}; sleep 0.3; rmdir ${STATUS}` },
		COMMITTED,
	],
];

export const HOOK_CASES: readonly HookCase[] = LINES.map(([name, does, end, config, lingers]) => ({
	name,
	release: { does },
	end,
	...(config === undefined ? {} : { config }),
	...(lingers === undefined ? {} : { lingers }),
}));
