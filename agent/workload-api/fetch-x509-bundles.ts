/** SpiffeWorkloadAPI/FetchX509Bundles (Workload API 5.2.2): what the workload verifies its peers with, as it changes. */
import type { X509BundlesResponse } from '../../proto/gen/X509BundlesResponse.ts';
import { bytesEqual } from '../../shared/bytes.ts';
import type { Handler } from '../../shared/rpc/handler.ts';
import type { WorkloadUpdate } from '../cache/workload-identities.ts';
import { federatedBundleBytes, ownBundleBytes } from './bundle-bytes.ts';
import type { WorkloadContext } from './gate.ts';
import { noIdentityIssued } from './no-identity.ts';
import { workloadStream, type WorkloadStreamDeps } from './workload-stream.ts';

export interface FetchX509BundlesDeps extends WorkloadStreamDeps {
  /** Give the own trust domain's bundle to processes without an identity, too. */
  readonly allowUnauthenticatedVerifiers: boolean;
}

type Bundles = Readonly<Record<string, Uint8Array>>;

export const fetchX509Bundles = (deps: FetchX509BundlesDeps): Handler<WorkloadContext> =>
  workloadStream<X509BundlesResponse>(deps, () => {
    let last: Bundles | undefined;
    return (update) => {
      const bundles = bundlesFor(update, deps.allowUnauthenticatedVerifiers);
      if (last !== undefined && areEqual(last, bundles)) return undefined; // a new SVID is no news here
      last = bundles;
      return { crl: [], bundles };
    };
  });

function bundlesFor(
  update: WorkloadUpdate,
  allowUnauthenticatedVerifiers: boolean,
): Record<string, Uint8Array> {
  const hasIdentity = update.identities.length > 0;
  if (!hasIdentity && !allowUnauthenticatedVerifiers) throw noIdentityIssued();
  const own = { [update.bundle.trustDomain.id]: ownBundleBytes(update) };
  return hasIdentity ? { ...own, ...federatedBundleBytes(update) } : own;
}

function areEqual(a: Bundles, b: Bundles): boolean {
  const ids = Object.keys(a);
  return ids.length === Object.keys(b).length && ids.every((id) => isSame(a[id], b[id]));
}

const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && bytesEqual(a, b));
