/** What people see of a step: a number that never falls and a sentence. Hooks give better ones of their own from 20 on. */
import type { Opened } from '../../../model/change/journal.ts';
import type { Step } from '../../../model/change/step.ts';

/** Returns the progress at which a step begins, 1 to 99. */
export function progressOf(step: Step): number {
	switch (step.kind) {
		case 'reserve':
			return 1;
		case 'fetch':
			return 2;
		case 'stage':
			return 10;
		case 'inspect':
			return 14;
		case 'handover':
			return 15;
		case 'backup':
			return 16;
		case 'hook':
			return 20 + 25 * Math.min(3, Number(/^\d+/.exec(step.hook)?.[0] ?? 0));
		case 'restore':
			return 40;
		case 'switch':
			return 60;
		case 'reboot':
			return 65;
		case 'restart':
			return 70;
		case 'probe':
			return 90;
		case 'commit':
			return 94;
		case 'clean':
			return 98;
	}
}

/** Returns what is being done, as dashboards show it. */
export function sentenceOf(step: Step, { tag }: Opened): string {
	switch (step.kind) {
		case 'reserve':
			return 'Looking for space';
		case 'fetch':
			return `Downloading ${tag}`;
		case 'stage':
			return `Unpacking ${tag}`;
		case 'inspect':
			return `Checking ${tag}`;
		case 'handover':
		case 'backup':
			return 'Backing up';
		case 'hook':
			return `Installing ${tag} (${step.hook})`;
		case 'restore':
			return `Bringing back ${tag}`;
		case 'switch':
			return `Checking that ${tag} is installed`;
		case 'reboot':
			return 'Restarting the machine; the update goes on by itself when it is up again';
		case 'restart':
			return `Starting ${tag}`;
		case 'probe':
			return 'Looking whether the box is well';
		case 'commit':
			return `Keeping ${tag}`;
		case 'clean':
			return 'Cleaning up';
	}
}
