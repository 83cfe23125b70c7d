/** `federation list`: every federation relationship. */
import type { TrustDomainDefinition } from '../../proto/gen/spire/api/server/trustdomain/v1/TrustDomain.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { TRUST_DOMAIN, withService } from './call-server.ts';
import { listPages } from './list-pages.ts';
import { federationBlock, federationJson } from './print-federation.ts';

const PAGE_SIZE = 50;

export const federationList: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  return withService<TrustDomainDefinition, number>(TRUST_DOMAIN, { flags, terminal }, async (client) => {
    const found = await listPages(async (page_token) => {
      const page = await client.unary('ListFederationRelationships', { page_size: PAGE_SIZE, page_token });
      return { items: page.federation_relationships, next: page.next_page_token };
    });
    if (asJson) {
      const federation_relationships = found.map(federationJson);
      terminal.out(`${toJson({ federation_relationships, next_page_token: '' })}\n`);
      return 0;
    }
    const noun = found.length === 1 ? 'relationship' : 'relationships';
    terminal.out(`Found ${found.length} federation ${noun}\n`);
    for (const each of found) terminal.out(`\n${federationBlock(each)}`);
    return 0;
  });
};
