/** `federation refresh`: the bundle of another trust domain, fetched anew. */
import type { TrustDomainDefinition } from '../../proto/gen/spire/api/server/trustdomain/v1/TrustDomain.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { Code, CodedError, withContext } from '../../shared/errors.ts';
import { TRUST_DOMAIN, withService } from './call-server.ts';

export const federationRefresh: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  if (!flags.has('id')) throw new UsageError('id is required');
  const trust_domain = flags.text('id');
  return withService<TrustDomainDefinition, number>(TRUST_DOMAIN, { flags, terminal }, async (client) => {
    await client.unary('RefreshBundle', { trust_domain }).catch((error: unknown) => {
      if (error instanceof CodedError && error.code === Code.notFound)
        throw new UsageError(
          `there is no federation relationship with trust domain ${JSON.stringify(trust_domain)}`,
        );
      const isRefused = error instanceof CodedError && error.code === Code.invalidArgument;
      throw isRefused ? withContext('failed to refresh bundle', error) : error;
    });
    terminal.out(asJson ? `${toJson({ code: 0, message: 'OK' })}\n` : 'Bundle refreshed\n');
    return 0;
  });
};
