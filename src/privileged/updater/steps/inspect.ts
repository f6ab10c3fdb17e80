/**
 * Checks the staged release before anything on the box is changed: whether it can be installed here, and what
 * it would delete.
 */
import { join } from 'node:path';
import { partsOfUpdate } from '../../../engine/space.ts';
import { problem } from '../../../model/base/error.ts';
import type { InfoJson } from '../../../model/release/info.ts';
import { versionOfTag } from '../../../model/release/tag.ts';
import type { ReleaseTerms } from '../../../model/release/terms.ts';
import { termsError } from '../../../model/release/terms-file.ts';
import { isNewer, isPrerelease, satisfies, type Version } from '../../../model/release/version.ts';
import { requireProbes, requireReboot } from '../health/require-programs.ts';
import type { Installer } from '../installers/installer.ts';
import { installedDiffers } from '../plan/installed-version.ts';
import { readInfo } from '../plan/read-info.ts';
import { readTerms } from '../plan/read-terms.ts';
import { disksOf, requireRoom, sizesOfData, sizesOfManaged } from '../plan/space.ts';
import { refuseDeletions } from '../stage/deletions.ts';
import { filtersIn } from '../stage/filters.ts';
import { stagedNow } from '../stage/staged.ts';
import type { StepHandler } from '../step-handler.ts';
import { type ChangeWorld, sparePaths } from '../world.ts';

/** Returns the step for releases of this installer. */
export const inspectFor = (installer: Installer): StepHandler<'inspect'> => ({
	async do(world) {
		const staged = stagedNow(world);
		if (staged === undefined)
			throw problem('content-changed', 'cannot inspect the release: its staging is gone', 'ask again', {
				retry: 'now',
			});
		requireFit(
			world,
			readInfo(staged, `the release ${world.opened.tag}`),
			readInfo(world.layout.root, 'the root'),
		);
		const scripts = join(staged, 'scripts/update');
		const noted = installer.inspect(world, staged);
		const terms = readTerms(scripts);
		requireSafeItself(terms, world.opened.to);
		requireReboot(terms, world.config);
		requireProbes([...world.config.probes, ...terms.probes], scripts, world.config.hooks.path);
		const filters = filtersIn(scripts, sparePaths(world));
		const managed = await sizesOfManaged(world, filters);
		const data = await sizesOfData(world, world.config.install.data);
		const release = await world.source.known(world.opened.tag);
		requireRoom(world, world.opened.tag, {
			...partsOfUpdate({ managed, data, release }, disksOf(world)),
			store: 0,
			staging: 0,
		});
		return { ...noted, deletes: await refuseDeletions(world, staged, filters), terms };
	},
});

/** A minimum version above the release that sets it would exclude the releases in between. */
function requireSafeItself({ minimumSafeVersion }: ReleaseTerms, version: Version): void {
	if (minimumSafeVersion === null || !isNewer(minimumSafeVersion, version)) return;
	throw termsError([
		`minimumSafeVersion: ${minimumSafeVersion} is newer than the release itself, ${version}`,
	]);
}

/**
 * The rules of older managers, enforced by root: the tag matches info.json, and the installed release
 * satisfies `requires`.
 */
function requireFit(world: ChangeWorld, release: InfoJson, installed: InfoJson): void {
	const { opened } = world;
	const facts = {
		tag: opened.tag,
		says: release.version,
		installed: installed.version,
		requires: release.requires,
	};
	if (release.version !== opened.to || versionOfTag(opened.tag) !== release.version) {
		throw problem(
			'version-mismatch',
			`cannot install ${opened.tag}: its info.json says ${release.version}`,
			'ask its author to publish it under its own name',
			{ facts },
		);
	}
	if (installed.version !== opened.from) throw installedDiffers(installed.version, opened.from);
	const rule = isPrerelease(opened.from) ? 'include-prereleases' : 'exclude-prereleases';
	if (!satisfies(opened.from, release.requires, rule)) {
		throw problem(
			'no-compatible-path',
			`cannot install ${opened.tag} on ${opened.from}: it requires ${release.requires}`,
			'ask `signalbox check` for the releases to install before it',
			{ facts },
		);
	}
}
