/** `debug getinfo`. */
import type { DebugDefinition } from '../../proto/gen/spire/api/server/debug/v1/Debug.ts';
import type {
  _spire_api_server_debug_v1_GetInfoResponse_CertOutput as WireCertificate,
  GetInfoResponseOutput,
} from '../../proto/gen/spire/api/server/debug/v1/GetInfoResponse.ts';
import { fromUnixSeconds } from '../../shared/clock.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printable } from '../../shared/cli/printable.ts';
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
${info.svid_chain.length === 0 ? '' : `  SVID Chain:\n${info.svid_chain.map(certificateText).join('')}`}`;

const certificateText = ({ id, subject, expires_at }: WireCertificate, at: number): string =>
  `    [${at}] SPIFFE ID:  ${id === null ? '(none)' : printable(`spiffe://${id.trust_domain}${id.path}`)}
        Subject:    ${printable(subject)}
        Expires At: ${rfc3339(expires_at)}
`;

const rfc3339 = (unixSeconds: string): string =>
  fromUnixSeconds(Number(unixSeconds))
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
