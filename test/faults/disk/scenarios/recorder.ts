/** Records one scenario: `recorder.ts SCENARIO OPTIONS DIRECTORY BLKLOG`, in a mount namespace of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endWithParent, OPTION_SETS, type OptionSet } from '../mounting.ts';
import { record } from '../recording.ts';
import { scenarioCalled } from './scenarios.ts';

endWithParent();
// Processes of the recording have numbers that none of those who judge it has: a box that was cut starts
// anew.
writeFileSync('/proc/sys/kernel/ns_last_pid', '20000');
const [name = '', options = '', dir = '', blklog = ''] = process.argv.slice(2);
if (!(options in OPTION_SETS)) throw new Error(`mount options are ${Object.keys(OPTION_SETS).join(' or ')}`);
await record(scenarioCalled(name), options as OptionSet, dir, join(dir, 'disk'), blklog);
process.exit();
