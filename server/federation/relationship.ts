/** A federation relationship: where the bundle of another trust domain is to be had (SPIFFE_Federation 5). */
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

/** How the endpoint is known: by the Web's authorities, or by the SPIFFE ID of its SVID (SPIFFE_Federation 5.2). */
export type EndpointProfile =
  | { readonly kind: 'https_web' }
  | { readonly kind: 'https_spiffe'; readonly endpointSpiffeId: SpiffeId };

export interface Relationship {
  readonly trustDomain: TrustDomain;
  readonly bundleEndpointUrl: string;
  readonly profile: EndpointProfile;
}
