/** The course of the commands that do something to one authority: `localauthority x509|jwt|wit activate`, `taint` and `revoke`. */
import type { AuthorityStateOutput } from '../../proto/gen/spire/api/server/localauthority/v1/AuthorityState.ts';
import type { LocalAuthorityDefinition } from '../../proto/gen/spire/api/server/localauthority/v1/LocalAuthority.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import type { Rpcs } from '../../shared/rpc/service-types.ts';
import { type AuthorityKind, nameOf } from './authority-kind.ts';
import { LOCAL_AUTHORITY, withService } from './call-server.ts';
import { neededAuthorityId } from './needed-authority-id.ts';
import { authorityBlock } from './print-authority.ts';

export interface AuthorityDeed {
  /** What the printed answer begins with: `Tainted`. */
  readonly done: string;
  readonly call: (
    client: Rpcs<LocalAuthorityDefinition>,
    request: { readonly authority_id: string },
  ) => Promise<{ readonly response: object; readonly authority: AuthorityStateOutput | null }>;
}

export const authorityDeed =
  (kind: AuthorityKind, { done, call }: AuthorityDeed): RunCommand =>
  async (flags, terminal) => {
    const asJson = wantsJson(flags);
    const authority_id = neededAuthorityId(flags);
    const typed = { flags, terminal };
    return withService<LocalAuthorityDefinition, number>(LOCAL_AUTHORITY, typed, async (client) => {
      const { response, authority } = await call(client, { authority_id });
      terminal.out(
        asJson
          ? `${toJson(response)}\n`
          : `${done} ${nameOf(kind)} authority:\n${authorityBlock(kind, authority)}`,
      );
      return 0;
    });
  };
