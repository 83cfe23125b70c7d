/** T.FederationRelationship of a relationship and back, in SPIRE's words where something is wrong. */
import type {
  FederationRelationship as WireRelationship,
  FederationRelationshipOutput,
} from '../../../proto/gen/spire/api/types/FederationRelationship.ts';
import type { FederationRelationshipMaskOutput } from '../../../proto/gen/spire/api/types/FederationRelationshipMask.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { checkEndpointUrl } from '../../federation/check-endpoint-url.ts';
import type { RelationshipChanges, WithBundle } from '../../federation/relationship-store.ts';
import type { EndpointProfile } from '../../federation/relationship.ts';
import { bundleWriter } from './bundle.ts';
import { bundleFromWire } from './bundle-from-wire.ts';
import { trustDomainFromWire } from './trust-domain.ts';

export type RelationshipMask = FederationRelationshipMaskOutput | null;
type Field = keyof FederationRelationshipMaskOutput;

const isNamed = (mask: RelationshipMask, field: Field): boolean => mask?.[field] ?? mask === null;

export function relationshipWriter(mask: RelationshipMask): (found: WithBundle) => WireRelationship {
  const writeBundle = bundleWriter(null);
  return ({ relationship: { trustDomain, bundleEndpointUrl, profile }, bundle }) => ({
    trust_domain: trustDomain.name,
    ...(isNamed(mask, 'bundle_endpoint_url') ? { bundle_endpoint_url: bundleEndpointUrl } : {}),
    ...(isNamed(mask, 'bundle_endpoint_profile') ? profileToWire(profile) : {}),
    ...(isNamed(mask, 'trust_domain_bundle') && bundle !== undefined
      ? { trust_domain_bundle: writeBundle(bundle) }
      : {}),
  });
}

const profileToWire = (profile: EndpointProfile): WireRelationship =>
  profile.kind === 'https_web'
    ? { https_web: {} }
    : { https_spiffe: { endpoint_spiffe_id: profile.endpointSpiffeId.toString() } };

/** Throws InvalidArgument "failed to convert federation relationship: …" on the first rule broken. */
export function relationshipFromWire(wire: FederationRelationshipOutput): WithBundle {
  return converting(() => {
    const trustDomain = readTrustDomain(wire);
    const bundleEndpointUrl = checkEndpointUrl(wire.bundle_endpoint_url);
    const relationship = { trustDomain, bundleEndpointUrl, profile: profileFromWire(wire) };
    return { relationship, bundle: readBundle(wire, trustDomain) };
  });
}

/** What the mask names. Throws as relationshipFromWire does, of that alone. */
export function relationshipChangesFromWire(
  wire: FederationRelationshipOutput,
  mask: RelationshipMask,
): { readonly trustDomain: TrustDomain; readonly changes: RelationshipChanges } {
  return converting(() => {
    const trustDomain = readTrustDomain(wire);
    const changes = {
      ...(isNamed(mask, 'bundle_endpoint_url')
        ? { bundleEndpointUrl: checkEndpointUrl(wire.bundle_endpoint_url) }
        : {}),
      ...(isNamed(mask, 'bundle_endpoint_profile') ? { profile: profileFromWire(wire) } : {}),
      ...(isNamed(mask, 'trust_domain_bundle') ? { bundle: readBundle(wire, trustDomain) } : {}),
    };
    return { trustDomain, changes };
  });
}

const readTrustDomain = (wire: FederationRelationshipOutput): TrustDomain =>
  within('failed to parse trust domain', () => trustDomainFromWire(wire.trust_domain));

function profileFromWire({
  https_web: web,
  https_spiffe: spiffe,
}: FederationRelationshipOutput): EndpointProfile {
  if (spiffe != null) {
    const endpointSpiffeId = within('failed to parse endpoint SPIFFE ID', () =>
      SpiffeId.parse(spiffe.endpoint_spiffe_id),
    );
    return { kind: 'https_spiffe', endpointSpiffeId };
  }
  if (web == null) throw invalidArgument('unsupported bundle endpoint profile type: <nil>');
  return { kind: 'https_web' };
}

function readBundle(
  { trust_domain_bundle: wire }: FederationRelationshipOutput,
  trustDomain: TrustDomain,
): Bundle | undefined {
  if (wire === null) return undefined;
  const bundle = within('failed to parse bundle', () => bundleFromWire(wire));
  if (!bundle.trustDomain.equals(trustDomain))
    throw invalidArgument(
      `trust domain bundle ("${wire.trust_domain}") must match the trust domain of the federation relationship ("${trustDomain}")`,
    );
  return bundle;
}

const converting = <T>(convert: () => T): T => within('failed to convert federation relationship', convert);

function within<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}
