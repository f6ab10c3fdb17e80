/** Files of other users, which only root can create. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replaceDurably, replaceWhole } from '../../../src/system/files/replace-file.ts';
import { scratch } from '../../scratch.ts';

test.each([
	['both', { mode: 0o640, uid: 65_534, gid: 65_533 }, { uid: 65_534, gid: 65_533 }],
	['the owner', { mode: 0o600, uid: 65_534 }, { uid: 65_534, gid: 0 }],
	['the group', { mode: 0o660, gid: 65_533 }, { uid: 0, gid: 65_533 }],
	['neither', { mode: 0o644 }, { uid: 0, gid: 0 }],
])('gives a new file the requested ownership: %s', (_what, access, owners) => {
	const top = scratch();
	for (const replace of [replaceDurably, replaceWhole]) {
		const path = join(top, replace.name);
		writeFileSync(path, 'old');
		replace(path, 'new', access);
		expect(statSync(path)).toMatchObject(owners);
		expect(statSync(path).mode & 0o7777).toBe(access.mode);
	}
	expect(readdirSync(top).sort()).toEqual(['replaceDurably', 'replaceWhole']);
});
