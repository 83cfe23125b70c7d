/** `localauthority x509|jwt|wit revoke`. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { authorityDeed } from './authority-deed.ts';
import type { AuthorityKind } from './authority-kind.ts';

export const localauthorityRevoke = (kind: AuthorityKind): RunCommand =>
  authorityDeed(kind, {
    done: 'Revoked',
    call: async (client, request) => {
      const response = await client.unary(`Revoke${kind}Authority`, request);
      return { response, authority: response.revoked_authority };
    },
  });
