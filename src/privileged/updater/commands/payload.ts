/** The payload of a request, as text. */
import { problem } from '../../../model/base/error.ts';
import { decodeText } from '../../../model/base/json.ts';
import { PAYLOAD_MAX_BYTES } from '../../../model/signal/signal.ts';

const HINT = 'send only the requested release or the options of the request';

/** Throws `payload-too-large` and `payload-not-text`. Trust: written by a user of the signal group. */
export function textOf(payload: Uint8Array): string {
	if (payload.length > PAYLOAD_MAX_BYTES)
		throw problem('payload-too-large', `cannot take a payload of more than ${PAYLOAD_MAX_BYTES} bytes`, HINT);
	const text = decodeText(payload);
	if (text === undefined) throw problem('payload-not-text', 'cannot read the payload: it is not UTF-8', HINT);
	return text;
}
