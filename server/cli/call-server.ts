/** Calls a service of the server on its admin socket. */
import type { Terminal } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { withSocket } from '../../shared/cli/socket.ts';
import { timeoutMsOf } from '../../shared/cli/timeout.ts';
import { LocalClient } from '../../shared/rpc/local/client.ts';
import type { Rpcs } from '../../shared/rpc/service-types.ts';
import { socketPath } from './server-socket.ts';

export interface Typed {
  readonly flags: Flags;
  readonly terminal: Terminal;
}

/** Throws with what to do when there is no server, and when it does not answer in time. */
export function withService<Def, T>(
  service: string,
  { flags, terminal }: Typed,
  use: (client: Rpcs<Def>) => Promise<T>,
): Promise<T> {
  const timeoutMs = timeoutMsOf(flags);
  const socket = {
    path: socketPath(flags, terminal),
    flag: 'socketPath',
    program: terminal.program,
    timeoutMs,
  };
  return withSocket(socket, (path) => {
    const client = new LocalClient<Def>(service, path);
    return use({
      unary: (rpc, request) => client.unary(rpc, request, { timeoutMs }),
      serverStream: (rpc, request) => client.serverStream(rpc, request), // lasts as long as it lasts
    });
  });
}

export const ENTRY = 'spire.api.server.entry.v1.Entry';
export const AGENT = 'spire.api.server.agent.v1.Agent';
export const BUNDLE = 'spire.api.server.bundle.v1.Bundle';
export const TRUST_DOMAIN = 'spire.api.server.trustdomain.v1.TrustDomain';
export const SVID = 'spire.api.server.svid.v1.SVID';
export const LOCAL_AUTHORITY = 'spire.api.server.localauthority.v1.LocalAuthority';
export const ENTRY_CHANGES = 'writ.entry.v1.EntryChanges';
export const EXPLAIN_ENTRY = 'writ.explain.v1.ExplainEntry';
export const LOCAL_AUTHORITY_IMPORT = 'writ.localauthority.v1.LocalAuthorityImport';
export const LOGGER = 'spire.api.server.logger.v1.Logger';
export const DEBUG = 'spire.api.server.debug.v1.Debug';
export const HEALTH = 'grpc.health.v1.Health';
