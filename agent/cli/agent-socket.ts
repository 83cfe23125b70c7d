/** The Workload API's socket as the agent's commands find it. */
import type { Terminal } from '../../shared/cli/command.ts';
import { namedSocket } from '../../shared/cli/find-socket.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import type { SocketUse } from '../../shared/cli/socket.ts';
import { timeoutMsOf } from '../../shared/cli/timeout.ts';
import {
  type EndpointAddress,
  parseEndpointAddress,
  SOCKET_VARIABLE,
} from '../../shared/client/endpoint-address.ts';
import { messageOf } from '../../shared/errors.ts';
import { SOCKET } from './agent-socket-flags.ts';

/** The flag, else the environment, in which workloads find the socket too, else the usual place. */
export const socketPath = (flags: Flags, terminal: Terminal): string =>
  namedSocket(flags, terminal, SOCKET) ?? endpointPath(terminal) ?? SOCKET.otherwise;

/** Of SPIFFE_ENDPOINT_SOCKET; undefined without it. Throws UsageError when it names no socket of this machine. */
export function endpointPath({ environment }: Terminal): string | undefined {
  const address = environment[SOCKET_VARIABLE];
  if (!address) return undefined;
  const endpoint = readEndpoint(address);
  if (endpoint.kind === 'unix') return endpoint.path;
  throw new UsageError(
    `${SOCKET_VARIABLE} is ${address}, but this command speaks to a socket of this machine: name it with -socketPath`,
  );
}

function readEndpoint(address: string): EndpointAddress {
  try {
    return parseEndpointAddress(address);
  } catch (error) {
    throw new UsageError(`${SOCKET_VARIABLE}: ${messageOf(error)}`);
  }
}

/** Throws UsageError when the flags or the environment make no sense. */
export const workloadSocket = (flags: Flags, terminal: Terminal): SocketUse => ({
  path: socketPath(flags, terminal),
  flag: 'socketPath',
  program: terminal.program,
  timeoutMs: timeoutMsOf(flags),
});
