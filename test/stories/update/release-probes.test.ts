/** Probes that a release brings. */
import { expect, test } from 'vitest';
import { type Box, boxForTest } from '../../box/box.ts';
import { expectGoodUpdateWorks, expectNothingChanged } from '../../box/expect.ts';

const OLD = { version: '1.0.0', requires: '*' };

/** A release with a script as its probe, which counts its runs in the user's logs. */
const asking = (script: string, spans: object) => ({
	version: '1.1.0',
	requires: '*',
	files: {
		'scripts/update/.release.json': JSON.stringify({
			probes: [{ name: 'own', command: ['./well.sh'], interval: '20ms', ...spans }],
		}),
		'scripts/update/well.sh': {
			text: `#!/bin/sh\necho >>"$SIGNALBOX_ROOT"/logs/asked\n${script}\n`,
			mode: 0o755,
		},
	},
});

function boxWith(script: string, spans: object): Box {
	const box = boxForTest(OLD);
	box.publish(asking(script, spans));
	return box;
}

test('runs probes of a release from the staged tree until they succeed and through the soak', async () => {
	const box = boxWith(
		'[ "$(wc -l <"$SIGNALBOX_ROOT"/logs/asked)" -ge 3 ] && [ -f 01-run.sh ] && case $(pwd) in */.citadel-v1.1.0/*) ;; *) exit 1; esac',
		{
			soak: '100ms',
		},
	);
	expect((await box.updater('update')).code).toBe(0);
	expect(box.version()).toBe('1.1.0');
	expect(box.leftovers()).toEqual([]);
});

test('rolls back when a probe of the release fails during the soak', async () => {
	const box = boxWith('[ "$(wc -l <"$SIGNALBOX_ROOT"/logs/asked)" -ne 3 ]', { soak: '5s' });
	const before = box.fingerprint().filter((line) => !line.includes('logs/'));
	expect((await box.updater('update')).code).toBe(4);
	expect(box.change().error).toMatchObject({
		code: 'probe-failed',
		facts: { probe: 'own', how: 'relapsed' },
	});
	expect(box.fingerprint().filter((line) => !line.includes('logs/'))).toEqual(before);
	await expectGoodUpdateWorks(box);
});

test('refuses a release without the program of its probe', async () => {
	const box = boxForTest(OLD);
	const { files } = asking('', {});
	box.publish({ ...asking('', {}), files: { ...files, 'scripts/update/well.sh': undefined } });
	const before = box.fingerprint();
	expectNothingChanged(box, before, await box.updater('update'), { code: 'tool-missing', exit: 3 });
});
