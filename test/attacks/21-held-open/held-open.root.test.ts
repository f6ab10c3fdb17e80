/**
 * Threat 21: hooks gave the staged release away for a moment, and who had it then keeps its files open for
 * writing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxForTest } from '../../box/box.ts';
import { MANAGER, MANAGERS_GROUP } from '../second-user.ts';

/**
 * Opens all that it is given in the staged release, waits until root runs the next hook, and writes through
 * what it holds.
 */
const ATTACKER = `
	const fs = require('node:fs');
	const [scripts, theirs] = process.argv.slice(2);
	const held = ['01-run.sh', 'words.sh'].map((name) => fs.openSync(scripts + '/' + name, 'r+'));
	fs.writeFileSync(theirs + '/told', 'holds');
	const end = Date.now() + 100000;
	const look = () => {
		if (Date.now() > end) return;
		if (!fs.existsSync(theirs + '/runs')) return setTimeout(look, 5);
		fs.writeSync(held[1], 'id -u > ' + theirs + '/evil #', 0);
		fs.writeFileSync(theirs + '/told', 'wrote');
	};
	look();
`;

test('root does not run a file that another user holds open for writing', async () => {
	const box = boxForTest({ version: '1.0.0', requires: '*' });
	const attacker = join(box.dir, 'attacker.cjs');
	const theirs = join(box.root, 'app-data/theirs');
	writeFileSync(attacker, ATTACKER);
	const told = (word: string) =>
		`for n in {1..1200}; do [[ $(cat ${theirs}/told) == ${word} ]] && break; sleep 0.05; done`;
	const drop = `setsid setpriv --reuid=${MANAGER} --regid=${MANAGERS_GROUP} --clear-groups`;
	box.publish({
		version: '1.1.0',
		requires: '*',
		does: {
			'00': `mkdir -m 777 ${theirs}
				chmod 755 ${box.dir}
				touch ${theirs}/told
				chown -R ${MANAGER} "$ROOT"
				${drop} ${process.execPath} ${attacker} "$STAGED"/scripts/update ${theirs} </dev/null &> ${box.dir}/said &
				${told('holds')}`,
			'01': `touch ${theirs}/runs\n${told('wrote')}\n. ./words.sh`,
		},
		files: { 'scripts/update/words.sh': `# ${'words of the release '.repeat(10)}\n` },
	});
	const end = await box.updater('update');
	expect(readFileSync(join(theirs, 'told'), 'utf8'), readFileSync(join(box.dir, 'said'), 'utf8')).toBe(
		'wrote',
	);
	expect(existsSync(join(theirs, 'evil')), 'the attacker’s line ran').toBe(false);
	expect({ code: end.code, error: box.change().error, version: box.version() }).toEqual({
		code: 0,
		error: null,
		version: '1.1.0',
	});
});
