/** What the streams of bundles have in common: who gets which, and that nothing is sent twice. Used by fetch-*-bundles. */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { bytesEqual } from '../../shared/bytes.ts';
import type { Handler } from '../../shared/rpc/handler.ts';
import type { WorkloadUpdate } from '../cache/workload-identities.ts';
import type { WorkloadContext } from './gate.ts';
import { noIdentityIssued } from './no-identity.ts';
import { workloadStream, type WorkloadStreamDeps } from './workload-stream.ts';

export interface BundlesStreamDeps extends WorkloadStreamDeps {
  /** Give the own trust domain's bundle to processes without an identity, too. */
  readonly allowUnauthenticatedVerifiers: boolean;
}

type Form = Uint8Array | string;
export type Bundles<F extends Form> = Record<string, F>;

/** How bundles are written in the messages of one RPC. */
export interface BundlesForm<F extends Form, Res> {
  /** What it throws ends the stream. */
  readonly own: (bundle: Bundle) => F;
  /** Undefined leaves it out. */
  readonly federated: (bundle: Bundle) => F | undefined;
  readonly toResponse: (bundles: Bundles<F>) => Res;
}

export const bundlesStream = <F extends Form, Res extends object>(
  { allowUnauthenticatedVerifiers, ...deps }: BundlesStreamDeps,
  form: BundlesForm<F, Res>,
): Handler<WorkloadContext> =>
  workloadStream<Res>(
    deps,
    () => {
      let last: Bundles<F> | undefined;
      return (update) => {
        if (!update.isEntitled && !allowUnauthenticatedVerifiers) throw noIdentityIssued();
        const bundles = bundlesFor(update, form);
        if (last !== undefined && areEqual(last, bundles)) return undefined; // it changed in what is not told here
        last = bundles;
        return form.toResponse(bundles);
      };
    },
    'bundles',
  );

/** By trust domain ID, the own one first and then sorted. */
function bundlesFor<F extends Form>(
  { isEntitled, bundle, federatedBundles }: WorkloadUpdate,
  form: Omit<BundlesForm<F, unknown>, 'toResponse'>,
): Bundles<F> {
  const own = { [bundle.trustDomain.id]: form.own(bundle) };
  return isEntitled ? { ...own, ...federatedFor({ bundle, federatedBundles }, form.federated) } : own;
}

/** By trust domain ID, sorted. */
export function federatedFor<F extends Form>(
  { bundle, federatedBundles }: Pick<WorkloadUpdate, 'bundle' | 'federatedBundles'>,
  write: (bundle: Bundle) => F | undefined,
): Bundles<F> {
  const entries = federatedBundles
    .filter(({ trustDomain }) => !trustDomain.equals(bundle.trustDomain))
    .map((federated) => [federated.trustDomain.id, write(federated)] as const)
    .filter((entry): entry is readonly [string, F] => entry[1] !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function areEqual<F extends Form>(a: Bundles<F>, b: Bundles<F>): boolean {
  const ids = Object.keys(a);
  return ids.length === Object.keys(b).length && ids.every((id) => isSame(a[id], b[id]));
}

const isSame = (a: Form | undefined, b: Form | undefined): boolean =>
  a === b || (a instanceof Uint8Array && b instanceof Uint8Array && bytesEqual(a, b));
