/** `localauthority x509|jwt|wit activate`. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { authorityDeed } from './authority-deed.ts';
import type { AuthorityKind } from './authority-kind.ts';

export const localauthorityActivate = (kind: AuthorityKind): RunCommand =>
  authorityDeed(kind, {
    done: 'Activated',
    call: async (client, request) => {
      const response = await client.unary(`Activate${kind}Authority`, request);
      return { response, authority: response.activated_authority };
    },
  });
