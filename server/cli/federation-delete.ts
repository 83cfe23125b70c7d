/** `federation delete`: one federation relationship; the bundle stays. */
import type { TrustDomainDefinition } from '../../proto/gen/spire/api/server/trustdomain/v1/TrustDomain.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { TRUST_DOMAIN, withService } from './call-server.ts';
import { tellOnlyResult } from './only-result.ts';

export const federationDelete: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  if (!flags.has('id')) throw new UsageError('id is required');
  const id = flags.text('id');
  return withService<TrustDomainDefinition, number>(TRUST_DOMAIN, { flags, terminal }, async (client) =>
    tellOnlyResult(
      await client.unary('BatchDeleteFederationRelationship', { trust_domains: [id] }),
      {
        asJson,
        done: 'federation relationship deleted.',
        failed: `failed to delete federation relationship ${JSON.stringify(id)}`,
      },
      terminal,
    ),
  );
};
