/** The trust domain that a call about federated bundles is for. Called by the RPCs beside it. */
import type { BundleOutput } from '../../../proto/gen/spire/api/types/Bundle.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { bundleFromWire } from '../wire/bundle-from-wire.ts';
import { trustDomainFromWire } from '../wire/trust-domain.ts';

/** Throws InvalidArgument when it is none, and with `ifOwn` when it is the server's. */
export function foreignTrustDomain(text: string, own: TrustDomain, ifOwn: string): TrustDomain {
  const trustDomain = reading('trust domain argument is not valid', () => trustDomainFromWire(text));
  if (trustDomain.equals(own)) throw invalidArgument(ifOwn);
  return trustDomain;
}

/** Throws InvalidArgument as foreignTrustDomain does, and on the first thing that is wrong with the bundle. */
export function foreignBundle(
  wire: BundleOutput,
  own: TrustDomain,
  deed: 'creating' | 'setting' | 'updating',
): Bundle {
  const ifOwn = `${deed} a federated bundle for the server's own trust domain is not allowed`;
  foreignTrustDomain(wire.trust_domain, own, ifOwn);
  return reading('failed to convert bundle', () => bundleFromWire(wire));
}

function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}
