/** `localauthority x509|jwt|wit taint`. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { authorityDeed } from './authority-deed.ts';
import type { AuthorityKind } from './authority-kind.ts';

export const localauthorityTaint = (kind: AuthorityKind): RunCommand =>
  authorityDeed(kind, {
    done: 'Tainted',
    call: async (client, request) => {
      const response = await client.unary(`Taint${kind}Authority`, request);
      return { response, authority: response.tainted_authority };
    },
  });
