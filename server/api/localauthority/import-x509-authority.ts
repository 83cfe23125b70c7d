/** LocalAuthorityImport/ImportX509Authority, of our own: an operator's CA certificate and key become an authority of this server. */
import type { ImportX509AuthorityRequestOutput } from '../../../proto/gen/writ/localauthority/v1/ImportX509AuthorityRequest.ts';
import type { ImportX509AuthorityResponse } from '../../../proto/gen/writ/localauthority/v1/ImportX509AuthorityResponse.ts';
import { unixSeconds } from '../../../shared/clock.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { ImportByHand } from '../../ca/import-by-hand.ts';
import type { CallContext } from '../gate/context.ts';
import { authorityStateToWire } from '../wire/authority-state.ts';

export const importX509Authority = (imports: Pick<ImportByHand, 'import'>): Handler<CallContext> =>
  unary(
    async (
      { certificates, private_key: privateKey, activate }: ImportX509AuthorityRequestOutput,
      { trail }: CallContext,
    ): Promise<ImportX509AuthorityResponse> => {
      try {
        const request = { certificates, privateKey, isActivated: activate };
        const { authority, followedAfter } = await imports.import(request);
        trail.add({ authority_id: authority.authorityId });
        return {
          authority: authorityStateToWire(authority),
          is_active: authority.status === 'ACTIVE',
          followed_after: unixSeconds(followedAfter),
        };
      } finally {
        privateKey.fill(0); // as far as we know of copies
      }
    },
  );
