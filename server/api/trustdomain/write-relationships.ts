/** Carries out a batch of relationships, item by item, for the answer and the audit log. Called by the RPCs beside it. */
import type {
  FederationRelationship as WireRelationship,
  FederationRelationshipOutput,
} from '../../../proto/gen/spire/api/types/FederationRelationship.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import type { Logger } from '../../../shared/log/logger.ts';
import type { BundleStore } from '../../bundle/bundle-store.ts';
import type { WithBundle } from '../../federation/relationship-store.ts';
import { relationshipFields } from '../gate/audit-bundle-fields.ts';
import type { AuditTrail } from '../gate/context.ts';
import { itemByItem } from '../item-by-item.ts';
import { type RelationshipMask, relationshipWriter } from '../wire/federation-relationship.ts';
import { OK, statusOf } from '../wire/status.ts';

export interface WriteRelationshipsNeeds {
  readonly bundles: Pick<BundleStore, 'find'>;
  readonly log: Logger;
}

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
  const results = await itemByItem<FederationRelationshipOutput, RelationshipResult>(
    request.federation_relationships,
    async (wire) => {
      const written = await deed(wire);
      await warnOfEndpoint(needs, written);
      return { status: OK, federation_relationship: write(written) };
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
