/** `upstreamauthority taint`. */
import type { LocalAuthorityDefinition } from '../../proto/gen/spire/api/server/localauthority/v1/LocalAuthority.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printable } from '../../shared/cli/printable.ts';
import { LOCAL_AUTHORITY, withService } from './call-server.ts';
import { neededSubjectKeyId } from './needed-authority-id.ts';

export const upstreamauthorityTaint: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const subject_key_id = neededSubjectKeyId(flags);
  const typed = { flags, terminal };
  return withService<LocalAuthorityDefinition, number>(LOCAL_AUTHORITY, typed, async (client) => {
    const response = await client.unary('TaintX509UpstreamAuthority', { subject_key_id });
    const subjectKeyId = printable(response.upstream_authority_subject_key_id);
    terminal.out(
      asJson
        ? `${toJson(response)}\n`
        : `Tainted X.509 upstream authority:\n  Subject Key ID: ${subjectKeyId}\n`,
    );
    return 0;
  });
};
