/** Bundles as the X.509 messages carry them: the certificates' DER, one after the other (Workload API 5.2). */
import { unavailable } from '../../shared/errors.ts';
import { concat } from '../../shared/bytes.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';

/** A bundle goes to many workloads, several times in each message: it is joined once. */
const joined = new WeakMap<Bundle, Uint8Array>();

/** Empty for a bundle without X.509 authorities. */
export function bundleBytes(bundle: Bundle): Uint8Array {
  const known = joined.get(bundle);
  if (known !== undefined) return known;
  const bytes = concat(bundle.x509Authorities.map(({ certificate }) => certificate));
  joined.set(bundle, bytes);
  return bytes;
}

/** Throws Unavailable when there are no authorities: clients choke on an empty bundle. */
export function ownBytes(bundle: Bundle): Uint8Array {
  const bytes = bundleBytes(bundle);
  if (bytes.length === 0)
    throw unavailable(`the bundle of ${bundle.trustDomain.name} has no X.509 authorities yet`);
  return bytes;
}

/** Undefined without X.509 authorities: then it is left out, not sent empty (facts/spiffe 4). */
export function federatedBytes(bundle: Bundle): Uint8Array | undefined {
  const bytes = bundleBytes(bundle);
  return bytes.length === 0 ? undefined : bytes;
}
