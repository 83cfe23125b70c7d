/** The trust domain that a call is about. Called by the RPCs beside it. */
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { trustDomainFromWire } from '../wire/trust-domain.ts';

/** Throws InvalidArgument when it is none. */
export function askedTrustDomain(text: string): TrustDomain {
  try {
    return trustDomainFromWire(text);
  } catch (cause) {
    throw invalidArgument(`failed to parse trust domain: ${messageOf(cause)}`, { cause });
  }
}
