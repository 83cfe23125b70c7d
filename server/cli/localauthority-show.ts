/** `localauthority x509|jwt|wit show`. */
import type { LocalAuthorityDefinition } from '../../proto/gen/spire/api/server/localauthority/v1/LocalAuthority.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import type { AuthorityKind } from './authority-kind.ts';
import { LOCAL_AUTHORITY, withService } from './call-server.ts';
import { slotBlock } from './print-authority.ts';

export const localauthorityShow =
  (kind: AuthorityKind): RunCommand =>
  async (flags, terminal) => {
    const asJson = wantsJson(flags);
    const typed = { flags, terminal };
    return withService<LocalAuthorityDefinition, number>(LOCAL_AUTHORITY, typed, async (client) => {
      const state = await client.unary(`Get${kind}AuthorityState`, {});
      const blocks = [
        slotBlock(kind, 'Active', state.active),
        slotBlock(kind, 'Prepared', state.prepared),
        slotBlock(kind, 'Old', state.old),
      ];
      terminal.out(asJson ? `${toJson(state)}\n` : blocks.join('\n'));
      return 0;
    });
  };
