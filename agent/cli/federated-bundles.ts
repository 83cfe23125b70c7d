/** The bundles that came beside an SVID's own, in an order that stays: files and lines are numbered by it. */
import type { X509Context } from '../../shared/client/x509-context.ts';
import type { X509Svid } from '../../shared/svid/x509-svid.ts';

/** Name of the trust domain and its authorities, by name. */
export const federatedBundles = (
  { bundles }: X509Context,
  { id }: X509Svid,
): readonly (readonly [name: string, authorities: readonly Uint8Array[]])[] =>
  [...bundles].filter(([name]) => name !== id.trustDomain.name).sort(([a], [b]) => (a < b ? -1 : 1));
