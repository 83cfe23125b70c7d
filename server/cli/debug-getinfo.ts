/** `debug getinfo`. */
import type { DebugDefinition } from '../../proto/gen/spire/api/server/debug/v1/Debug.ts';
import type { GetInfoResponseOutput } from '../../proto/gen/spire/api/server/debug/v1/GetInfoResponse.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { svidChainText } from '../../shared/cli/print-svid-chain.ts';
import { durationText } from '../../shared/cli/time-text.ts';
import { DEBUG, withService } from './call-server.ts';

export const debugGetinfo: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  return withService<DebugDefinition, number>(DEBUG, { flags, terminal }, async (client) => {
    const info = await client.unary('GetInfo', {});
    terminal.out(asJson ? `${toJson(info)}\n` : infoText(info));
    return 0;
  });
};

const infoText = (info: GetInfoResponseOutput): string => `Server Debug Info:
  Uptime:                  ${info.uptime === 0 ? '0s' : durationText(info.uptime * 1_000)}
  Registered Agents:       ${info.agents_count}
  Registration Entries:    ${info.entries_count}
  Federated Bundles:       ${info.federated_bundles_count}
${svidChainText(info.svid_chain)}`;
