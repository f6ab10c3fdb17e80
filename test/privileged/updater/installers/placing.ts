/**
 * A second installer, for tests: it places files of the release one by one, and can put each of them back.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { problem } from '../../../../src/model/base/error.ts';
import {
	installStep,
	makeInstaller,
	type StepTable,
} from '../../../../src/privileged/updater/installers/installer.ts';
import { stagedNow } from '../../../../src/privileged/updater/stage/staged.ts';
import type { ChangeWorld } from '../../../../src/privileged/updater/world.ts';

const TABLE = {
	place: {
		state: 'installing',
		progress: 40,
		label: (_tag, path) => `Placing ${path}`,
		undone: 'always',
	},
	check: { state: 'installing', progress: 80, label: (tag) => `Trying ${tag}`, undone: 'never' },
	note: { state: 'finishing', progress: 96, label: () => 'Taking notes', undone: 'never' },
} as const satisfies StepTable;

/** `info.json` is last: it makes the root the new release. */
const FILES = ['bin/tool', 'info.json'];

export const placing = makeInstaller({
	table: TABLE,
	inspect: (_world, staged) => {
		if (FILES.every((path) => existsSync(join(staged, path)))) return { files: FILES };
		throw problem('hook-missing', 'cannot install the release: a file is missing', 'ask its author', {});
	},
	plan: ({ files }) => ({
		install: files.map((path) => installStep(TABLE, 'place', path)),
		verify: [installStep(TABLE, 'check')],
		finish: [installStep(TABLE, 'note')],
	}),
	handlers: {
		place: {
			async do(world, { subject }) {
				const before = keptCopy(world, subject);
				mkdirSync(dirname(before), { recursive: true });
				// Repeated after a cut: the copy is kept only once, or it would be of the new file.
				if (!existsSync(before)) copyFileSync(join(world.layout.root, subject), before);
				rmSync(join(world.layout.root, subject));
				copyFileSync(join(stagedNow(world) ?? '', subject), join(world.layout.root, subject));
				return { path: subject };
			},
			async undo(world, { subject }) {
				const before = keptCopy(world, subject);
				if (existsSync(before)) copyFileSync(before, join(world.layout.root, subject));
			},
		},
		check: {
			async do(world) {
				if (!readFileSync(join(world.layout.root, 'bin/tool'), 'utf8').includes('broken')) return {};
				throw problem('hook-failed', 'cannot use the release: its tool is broken', 'ask its author', {});
			},
		},
		note: {
			async do(world) {
				writeFileSync(join(world.dir, 'note'), world.opened.to);
				return {};
			},
		},
	},
});

function keptCopy(world: ChangeWorld, path: string): string {
	return join(world.dir, 'placed', basename(path));
}
