/** Whether a failed change counts against its release: what the list of failed releases keeps. */
import { ERRORS } from '../../model/base/error-codes.ts';
import type { Outcome } from '../../model/change/outcome.ts';

/**
 * Returns what the end of a change counts against. A change that was rolled back has stopped services, so it
 * counts even where the release may be innocent (`chance`); a change that was dropped has touched nothing and
 * counts only where the release itself failed.
 */
export function attributionOf(outcome: Outcome): 'release' | 'chance' | 'nobody' {
	switch (outcome.kind) {
		case 'committed':
			return 'nobody';
		case 'dropped':
			return ERRORS[outcome.cause.code].attribution === 'release' ? 'release' : 'nobody';
		case 'rolled-back':
		case 'needs-attention':
			return ERRORS[outcome.cause.code].attribution === 'release' ? 'release' : 'chance';
	}
}
