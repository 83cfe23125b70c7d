/** The SPIFFE ID that a request names, if it names one. Used by fetch-jwt-svid and fetch-wit-svid. */
import { invalidArgument, messageOf } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

/** Undefined for an empty text. Throws InvalidArgument, in SPIRE's words. */
export function readRequestedId(id: string): SpiffeId | undefined {
  try {
    return id === '' ? undefined : SpiffeId.parse(id);
  } catch (cause) {
    throw invalidArgument(`invalid requested SPIFFE ID: ${messageOf(cause)}`, { cause });
  }
}
