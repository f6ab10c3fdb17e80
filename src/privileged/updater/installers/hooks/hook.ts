/**
 * Runs one hook of the release from the staged tree. Only its exit code decides whether it succeeded.
 */
import { join } from 'node:path';
import { problem } from '../../../../model/base/error.ts';
import type { ErrorCode } from '../../../../model/base/error-codes.ts';
import type { JsonObject } from '../../../../model/base/json.ts';
import { plainOutput } from '../../../../model/base/plain-output.ts';
import { recordOfStep } from '../../../../model/change/journal.ts';
import type { InstallStep } from '../../../../model/change/step-table.ts';
import { normalDescription } from '../../../../model/status/status.ts';
import { removeTree } from '../../../../system/files/directories.ts';
import { syncFileSystem } from '../../../../system/files/disk.ts';
import { readSmall } from '../../../../system/files/read-file.ts';
import { runScript, type ScriptEnd } from '../../run-script.ts';
import { sealStaged } from '../../stage/seal.ts';
import { reopenStaging } from '../../stage/staging.ts';
import { readUpdateStatus } from '../../status/publisher.ts';
import { type Handler, RunLater } from '../../step-handler.ts';
import type { ChangeWorld } from '../../world.ts';
import type { HOOK_TABLE } from './plan-hooks.ts';

/** sysexits' EX_TEMPFAIL, and what Mender's scripts use. */
const LATER: readonly number[] = [75, 21];

export const hook: Handler<(typeof HOOK_TABLE)['hook']['undone'], InstallStep, JsonObject> = {
	async do(world, { subject }) {
		const staged = recordOfStep(world.journal(), 'stage');
		if (staged === undefined)
			throw problem('internal', 'cannot run a hook before staging', 'please report this');
		const staging = reopenStaging(world.layout.root, staged.inode);
		const started = world.clock.monotonic();
		try {
			await sealStaged(world, staging);
			removeTree(failureText(world));
			const report = followStatus(world);
			const end = await runScript(world, {
				program: `./${subject}`,
				args: [world.opened.tag, world.layout.root],
				cwd: join(staging.place, 'scripts/update'),
				log: subject,
				onTick: report.look,
			});
			requireSuccess(world, subject, end, report.failure());
			// A hook that counts as done does not run again, so its writes must survive a power cut.
			await syncFileSystem(world.layout.root);
		} finally {
			staging.close();
		}
		return { seconds: Math.round((world.clock.monotonic() - started) / 1000) };
	},
};

interface HookReport {
	readonly look: () => void;
	/** The description of the last failure that the hook reported, or an empty text. */
	readonly failure: () => string;
}

/**
 * Hooks write update-status.json in place and at any moment; a partial file is read again at the next tick.
 */
function followStatus(world: ChangeWorld): HookReport {
	let last = JSON.stringify(readUpdateStatus(world.layout)?.raw ?? null);
	let failure = '';
	const look = () => {
		const said = readUpdateStatus(world.layout);
		const text = JSON.stringify(said?.raw ?? null);
		if (said === undefined || text === last) return;
		last = text;
		if (said.state === 'failed') failure = normalDescription(said.description ?? '');
		world.publisher.hookSaid(said);
	};
	return { look, failure: () => failure };
}

function requireSuccess(world: ChangeWorld, name: string, { how, output }: ScriptEnd, failure: string): void {
	const told = reasonWritten(world) || failure;
	switch (how.kind) {
		case 'exited':
			if (how.code === 0) return;
			if (LATER.includes(how.code)) throw askedForLater(name, how.code);
			throw failed(world, name, 'hook-failed', `it ended with ${how.code}`, { told, output });
		case 'killed':
			throw failed(world, name, 'hook-failed', `it was killed by ${how.by}`, { told, output });
		case 'not-started':
			throw failed(world, name, 'hook-refused', `it could not be started (${how.errno})`, { told, output });
		case 'timed-out':
			throw failed(
				world,
				name,
				'hook-timeout',
				`it did not end within ${world.config.hooks.timeout / 1000} s`,
				{ told, output },
			);
	}
}

function askedForLater(name: string, code: number): RunLater {
	const hint = 'the release is not ready for this box yet: ask again later';
	return new RunLater({
		code: 'hook-later',
		message: `${name} asked to be run later (exit ${code})`,
		hint,
		retry: 'later',
		facts: {},
	});
}

/** The file in which Umbrel's hooks write why they failed. */
function failureText(world: ChangeWorld): string {
	return join(world.layout.statuses, 'update-failure');
}

interface HookReasons {
	/** The reason that the hook itself gave, which helps people more than an exit code. */
	readonly told: string;
	readonly output: string;
}

function failed(
	world: ChangeWorld,
	name: string,
	code: ErrorCode,
	why: string,
	{ told, output }: HookReasons,
): Error {
	const message = `hook ${name} failed: ${why}${told === '' ? '' : ` (it said: ${told})`}`;
	return problem(code, message, `look at \`signalbox logs ${world.opened.change}\``, {
		retry: 'later',
		facts: { hook: name, why, told, output: plainOutput(output) },
	});
}

function reasonWritten(world: ChangeWorld): string {
	const left = readSmall(failureText(world), 4096);
	return left.kind === 'file' ? normalDescription(left.bytes.toString('utf8')) : '';
}
