/** How a change ended: whole, one way or the other, or in the hands of the operator. */
import type { ErrorRecord } from '../base/error.ts';
import type { Version } from '../release/version.ts';

export type Outcome =
	/** The new release is whole. `warnings` tell what of the clean-up after the commit did not work. */
	| { readonly kind: 'committed'; readonly version: Version; readonly warnings: readonly ErrorRecord[] }
	/** Nothing had been changed yet; the old release never noticed. */
	| { readonly kind: 'dropped'; readonly version: Version; readonly cause: ErrorRecord }
	/** The old release is whole again. */
	| { readonly kind: 'rolled-back'; readonly version: Version; readonly cause: ErrorRecord }
	/** The rollback failed. The backup is kept and nothing more is done until the operator decides. */
	| { readonly kind: 'needs-attention'; readonly cause: ErrorRecord; readonly rollback: ErrorRecord };
