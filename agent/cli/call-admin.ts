/** Calls a service of the agent on its admin socket. */
import type { Terminal } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { withSocket } from '../../shared/cli/socket.ts';
import { timeoutMsOf } from '../../shared/cli/timeout.ts';
import { LocalClient } from '../../shared/rpc/local/client.ts';
import type { Rpcs } from '../../shared/rpc/service-types.ts';
import { adminOnlySocketPath } from './admin-socket.ts';

export interface Typed {
  readonly flags: Flags;
  readonly terminal: Terminal;
}

/** Throws with what to do when there is no agent, and when it does not answer in time. */
export async function withAdminService<Def, T>(
  service: string,
  { flags, terminal }: Typed,
  use: (client: Pick<Rpcs<Def>, 'unary'>) => Promise<T>,
): Promise<T> {
  const timeoutMs = timeoutMsOf(flags);
  const path = await adminOnlySocketPath(flags, terminal);
  return withSocket({ path, flag: 'socketPath', program: terminal.program, timeoutMs }, (absolute) => {
    const client = new LocalClient<Def>(service, absolute);
    return use({ unary: (rpc, request) => client.unary(rpc, request, { timeoutMs }) });
  });
}

export const LOGGER = 'spire.api.agent.logger.v1.Logger';
export const DEBUG = 'spire.agent.debug.v1.Debug';
