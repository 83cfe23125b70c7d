/** `federation show`: one federation relationship. */
import type { TrustDomainDefinition } from '../../proto/gen/spire/api/server/trustdomain/v1/TrustDomain.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printable } from '../../shared/cli/printable.ts';
import { Code, CodedError, withContext } from '../../shared/errors.ts';
import { TRUST_DOMAIN, withService } from './call-server.ts';
import { federationBlock, federationJson } from './print-federation.ts';

export const federationShow: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  if (!flags.has('trustDomain')) throw new UsageError('a trust domain name is required');
  const trust_domain = flags.text('trustDomain');
  return withService<TrustDomainDefinition, number>(TRUST_DOMAIN, { flags, terminal }, async (client) => {
    const found = await client
      .unary('GetFederationRelationship', { trust_domain })
      .catch((error: unknown) => {
        const isMissing = error instanceof CodedError && error.code === Code.notFound;
        throw isMissing ? withContext('error showing federation relationship', error) : error;
      });
    const title = `Found a federation relationship with trust domain ${printable(trust_domain)}:\n\n`;
    terminal.out(asJson ? `${toJson(federationJson(found))}\n` : title + federationBlock(found));
    return 0;
  });
};
