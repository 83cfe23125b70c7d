/** Carries out a batch of relationships, item by item, for the answer and the audit log. Called by the RPCs beside it. */
import type { BatchCreateFederationRelationshipResponse } from '../../../proto/gen/spire/api/server/trustdomain/v1/BatchCreateFederationRelationshipResponse.ts';
import type {
  FederationRelationship as WireRelationship,
  FederationRelationshipOutput,
} from '../../../proto/gen/spire/api/types/FederationRelationship.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { answerEncoder } from '../../../shared/rpc/encoded.ts';
import type { Logger } from '../../../shared/log/logger.ts';
import type { BundleStore } from '../../bundle/bundle-store.ts';
import type { WithBundle } from '../../federation/relationship-store.ts';
import { relationshipFields } from '../gate/audit-bundle-fields.ts';
import type { AuditTrail } from '../gate/context.ts';
import { itemByItem } from '../item-by-item.ts';
import { type RelationshipMask, relationshipWriter } from '../wire/federation-relationship.ts';
import { Room } from '../wire/room.ts';
import { OK, statusOf } from '../wire/status.ts';

export interface WriteRelationshipsNeeds {
  readonly bundles: Pick<BundleStore, 'find'>;
  readonly log: Logger;
}

const NAME_ALONE = {
  bundle_endpoint_url: false,
  bundle_endpoint_profile: false,
  trust_domain_bundle: false,
};

interface RelationshipResult {
  readonly status: StatusOutput;
  readonly federation_relationship?: WireRelationship;
}

interface Batch {
  readonly request: {
    readonly federation_relationships: readonly FederationRelationshipOutput[];
    readonly input_mask?: RelationshipMask;
    readonly output_mask: RelationshipMask;
  };
  readonly trail: AuditTrail;
}

/** `deed` gives back what is to be shown of the relationship, or throws. */
export async function writeRelationships(
  needs: WriteRelationshipsNeeds,
  { request, trail }: Batch,
  deed: (wire: FederationRelationshipOutput) => Promise<WithBundle>,
): Promise<{ results: RelationshipResult[] }> {
  const write = relationshipWriter(request.output_mask);
  const shorten = relationshipWriter(NAME_ALONE);
  const room = new Room();
  const encode = answerEncoder<BatchCreateFederationRelationshipResponse>(
    'spire.api.server.trustdomain.v1.TrustDomain',
    'BatchCreateFederationRelationship',
  );
  /** What does not fit the answer any more is named. */
  const shown = (written: WithBundle): RelationshipResult => {
    const result = { status: OK, federation_relationship: write(written) };
    const fits = room.take(encode({ results: [result] })) !== undefined;
    return fits ? result : { status: OK, federation_relationship: shorten(written) };
  };
  const results = await itemByItem<FederationRelationshipOutput, RelationshipResult>(
    request.federation_relationships,
    async (wire) => {
      const written = await deed(wire);
      await warnOfEndpoint(needs, written);
      return shown(written);
    },
    (error) => ({ status: statusOf(error) }),
  );
  request.federation_relationships.forEach((wire, at) =>
    trail.item(() => relationshipFields(wire, request.input_mask ?? null), results[at]?.status ?? OK),
  );
  return { results };
}

/** An endpoint that authenticates by SPIFFE is known by a bundle that has to be there first. */
async function warnOfEndpoint(
  { bundles, log }: WriteRelationshipsNeeds,
  { relationship: { trustDomain, profile }, bundle }: WithBundle,
): Promise<void> {
  if (profile.kind !== 'https_spiffe' || bundle !== undefined) return;
  const { endpointSpiffeId } = profile;
  const fields = { trustDomain: trustDomain.name, endpointSpiffeId: endpointSpiffeId.toString() };
  const found = await bundles.find(endpointSpiffeId.trustDomain).catch(() => undefined);
  if (found === undefined) log.warn('bundle not found for the endpoint SPIFFE ID trust domain', fields);
}
