/** `debug getinfo`. */
import type { DebugDefinition } from '../../proto/gen/spire/agent/debug/v1/Debug.ts';
import type { GetInfoResponseOutput } from '../../proto/gen/spire/agent/debug/v1/GetInfoResponse.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { rfc3339, svidChainText } from '../../shared/cli/print-svid-chain.ts';
import { durationText } from '../../shared/cli/time-text.ts';
import { DEBUG, withAdminService } from './call-admin.ts';

export const debugGetinfo: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  return withAdminService<DebugDefinition, number>(DEBUG, { flags, terminal }, async (client) => {
    const info = await client.unary('GetInfo', {});
    terminal.out(asJson ? `${toJson(info)}\n` : infoText(info));
    return 0;
  });
};

const infoText = (info: GetInfoResponseOutput): string => `Agent Debug Info:
  Uptime:                          ${info.uptime === 0 ? '0s' : durationText(info.uptime * 1_000)}
  Last Sync Success:               ${info.last_sync_success === '0' ? '(never)' : rfc3339(info.last_sync_success)}
  Cached X.509 SVIDs:              ${info.cached_x509_svids_count}
  Cached JWT SVIDs:                ${info.cached_jwt_svids_count}
  Cached SVID Store X.509 SVIDs:   ${info.cached_svidstore_x509_svids_count}
${svidChainText(info.svid_chain)}`;
