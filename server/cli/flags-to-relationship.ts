/** What flags say of a federation relationship, as the API takes it. Used by `federation create` and `federation update`. */
import type { FederationRelationship } from '../../proto/gen/spire/api/types/FederationRelationship.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { messageOf } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { type BundleFormat, bundleFormat, namedTrustDomain, readBundle } from './bundle-format.ts';
import { readText } from './json-file.ts';

/** What flags or an item of a file say of one relationship. */
export interface Described {
  readonly trustDomain: string;
  readonly bundleEndpointUrl: string;
  readonly profile: string;
  readonly endpointSpiffeId: string;
  /** The text of a bundle. */
  readonly bundle: { readonly text: string; readonly format: BundleFormat } | undefined;
}

export const describedBy = (flags: Flags): Described => ({
  trustDomain: flags.text('trustDomain'),
  bundleEndpointUrl: flags.text('bundleEndpointURL'),
  profile: flags.text('bundleEndpointProfile'),
  endpointSpiffeId: flags.text('endpointSpiffeID'),
  bundle: flags.has('trustDomainBundlePath')
    ? {
        text: readBundleFile(flags.text('trustDomainBundlePath')),
        format: bundleFormat(flags, 'trustDomainBundleFormat'),
      }
    : undefined,
});

/**
 * Throws UsageError on what is missing or wrong, in SPIRE's words. DIVERGES: SPIRE takes the bundle for that of the endpoint's
 * trust domain, so that none can be given where the endpoint is in another.
 */
export function relationshipOf(described: Described): FederationRelationship {
  if (described.trustDomain === '') throw new UsageError('trust domain is required');
  if (described.bundleEndpointUrl === '') throw new UsageError('bundle endpoint URL is required');
  const trustDomain = namedTrustDomain('cannot parse trust domain', described.trustDomain);
  const profile = profileOf(described);
  return {
    trust_domain: trustDomain.name,
    bundle_endpoint_url: described.bundleEndpointUrl,
    ...profile,
    ...(described.bundle === undefined
      ? {}
      : { trust_domain_bundle: bundleOf(described.bundle, trustDomain) }),
  };
}

function profileOf({ profile, endpointSpiffeId }: Described): FederationRelationship {
  if (profile === 'https_web') return { https_web: {} };
  if (profile !== 'https_spiffe')
    throw new UsageError(`unknown bundle endpoint profile type: ${JSON.stringify(profile)}`);
  if (endpointSpiffeId === '')
    throw new UsageError("endpoint SPIFFE ID is required if 'https_spiffe' endpoint profile is set");
  return { https_spiffe: { endpoint_spiffe_id: checkedId(endpointSpiffeId) } };
}

function checkedId(text: string): string {
  try {
    return SpiffeId.parse(text).toString();
  } catch (error) {
    throw new UsageError(`cannot parse bundle endpoint SPIFFE ID: ${messageOf(error)}`);
  }
}

const readBundleFile = (path: string): string =>
  failing('cannot read bundle file', () => readText(path, '-trustDomainBundlePath'));

const bundleOf = (
  { text, format }: NonNullable<Described['bundle']>,
  trustDomain: Parameters<typeof readBundle>[2],
) => failing('cannot parse bundle file', () => readBundle(text, format, trustDomain));

function failing<T>(what: string, deed: () => T): T {
  try {
    return deed();
  } catch (error) {
    throw new UsageError(`${what}: ${messageOf(error)}`);
  }
}
