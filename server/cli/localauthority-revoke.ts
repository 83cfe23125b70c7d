/** `localauthority x509|jwt|wit revoke`. */
import type { LocalAuthorityDefinition } from '../../proto/gen/spire/api/server/localauthority/v1/LocalAuthority.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { type AuthorityKind, nameOf } from './authority-kind.ts';
import { LOCAL_AUTHORITY, withService } from './call-server.ts';
import { neededAuthorityId } from './needed-authority-id.ts';
import { authorityBlock } from './print-authority.ts';

export const localauthorityRevoke =
  (kind: AuthorityKind): RunCommand =>
  async (flags, terminal) => {
    const asJson = wantsJson(flags);
    const authority_id = neededAuthorityId(flags);
    const typed = { flags, terminal };
    return withService<LocalAuthorityDefinition, number>(LOCAL_AUTHORITY, typed, async (client) => {
      const response = await client.unary(`Revoke${kind}Authority`, { authority_id });
      terminal.out(
        asJson
          ? `${toJson(response)}\n`
          : `Revoked ${nameOf(kind)} authority:\n${authorityBlock(kind, response.revoked_authority)}`,
      );
      return 0;
    });
  };
