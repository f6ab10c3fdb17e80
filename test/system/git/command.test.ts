import { expect, test } from 'vitest';
import { publicUrl } from '../../../src/system/git/command.ts';

test.each([
	['https://user:secret@example.org/core.git', 'https://example.org/core.git'],
	['https://token@example.org/core.git', 'https://example.org/core.git'],
	['https://example.org/a@b.git', 'https://example.org/a@b.git'],
	['ssh://git@example.org/core.git', 'ssh://example.org/core.git'],
	['file:///srv/core.git', 'file:///srv/core.git'],
	['/srv/core@home.git', '/srv/core@home.git'],
])('%s is shown as %s', (url, shown) => {
	expect(publicUrl(url)).toBe(shown);
});
