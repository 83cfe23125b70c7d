/** A trust domain as callers of the API write it: its name, or any SPIFFE ID in it (as go-spiffe reads it). */
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';

/** Throws InvalidArgument. */
export const trustDomainFromWire = (text: string): TrustDomain =>
  text.includes(':/') ? SpiffeId.parse(text).trustDomain : TrustDomain.parse(text);
