/** `federation create` and `federation update`: relationships of the flags, or of a file (`-data`). */
import type { TrustDomainDefinition } from '../../proto/gen/spire/api/server/trustdomain/v1/TrustDomain.ts';
import type {
  FederationRelationship,
  FederationRelationshipOutput,
} from '../../proto/gen/spire/api/types/FederationRelationship.ts';
import type { StatusOutput } from '../../proto/gen/spire/api/types/Status.ts';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { TRUST_DOMAIN, withService } from './call-server.ts';
import { relationshipFlags } from './bundle-flags.ts';
import { relationshipsInFile } from './federation-file.ts';
import { describedBy, relationshipOf } from './flags-to-relationship.ts';
import { readJsonObject } from './json-file.ts';
import { federationBlock, federationJson } from './print-federation.ts';
import { isOk, statusText } from './status-text.ts';

interface Result {
  readonly status: StatusOutput | null;
  readonly federation_relationship: FederationRelationshipOutput | null;
}

const RPCS = {
  create: 'BatchCreateFederationRelationship',
  update: 'BatchUpdateFederationRelationship',
} as const;

export const writeFederation =
  (deed: keyof typeof RPCS): RunCommand =>
  async (flags, terminal) => {
    const asJson = wantsJson(flags);
    const sent = await given(flags, terminal);
    const { results } = await withService<TrustDomainDefinition, { results: readonly Result[] }>(
      TRUST_DOMAIN,
      { flags, terminal },
      (client) => client.unary(RPCS[deed], { federation_relationships: sent }),
    );
    if (asJson) terminal.out(`${toJson({ results: results.map(jsonOf) })}\n`);
    else printBlocks(deed, shownAs(sent, results), terminal);
    if (results.every(isOk)) return 0;
    terminal.err(`Error: failed to ${deed} one or more federation relationships\n`);
    return 1;
  };

async function given(flags: Flags, terminal: Terminal): Promise<FederationRelationship[]> {
  if (!flags.has('data')) return [relationshipOf(describedBy(flags))];
  if (relationshipFlags.some(({ name }) => flags.has(name)))
    throw new UsageError("cannot use other flags to specify relationship fields when 'data' flag is set");
  return relationshipsInFile(await readJsonObject(flags.text('data'), '-data', terminal));
}

interface Shown {
  readonly status: StatusOutput | null;
  readonly federation_relationship: FederationRelationshipOutput | FederationRelationship;
}

/** A failed one as it was sent. */
const shownAs = (sent: readonly FederationRelationship[], results: readonly Result[]): readonly Shown[] =>
  results.map(({ status, federation_relationship: written }, at) => ({
    status,
    federation_relationship: written ?? sent[at] ?? {},
  }));

const jsonOf = ({ status, federation_relationship: written }: Result): object => ({
  status,
  ...(written === null ? {} : { federation_relationship: federationJson(written) }),
});

function printBlocks(deed: string, shown: readonly Shown[], terminal: Terminal): void {
  for (const { federation_relationship: written } of shown.filter(isOk))
    terminal.out(`\n${federationBlock(written)}`);
  for (const { status, federation_relationship: refused } of shown.filter((one) => !isOk(one)))
    terminal.err(
      `Failed to ${deed} the following federation relationship ${statusText(status)}:\n${federationBlock(refused)}`,
    );
}
