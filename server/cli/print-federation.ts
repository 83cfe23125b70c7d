/** Federation relationships as the `federation` commands print them: labels in 26 columns, and protojson. */
import type {
  FederationRelationship,
  FederationRelationshipOutput,
} from '../../proto/gen/spire/api/types/FederationRelationship.ts';
import { printable } from '../../shared/cli/printable.ts';

const LABEL_WIDTH = 26;

const line = (label: string, value: string): string => `${label.padEnd(LABEL_WIDTH)}: ${printable(value)}\n`;

export const federationBlock = (relationship: FederationRelationship): string =>
  [
    line('Trust domain', relationship.trust_domain ?? ''),
    line('Bundle endpoint URL', relationship.bundle_endpoint_url ?? ''),
    ...(relationship.https_web == null ? [] : [line('Bundle endpoint profile', 'https_web')]),
    ...(relationship.https_spiffe == null
      ? []
      : [
          line('Bundle endpoint profile', 'https_spiffe'),
          line('Endpoint SPIFFE ID', relationship.https_spiffe.endpoint_spiffe_id ?? ''),
        ]),
  ].join('');

/** Which of the profiles it is, protojson tells by its presence alone. */
export function federationJson({
  bundle_endpoint_profile: _,
  ...shown
}: FederationRelationshipOutput | FederationRelationship): object {
  return shown;
}
