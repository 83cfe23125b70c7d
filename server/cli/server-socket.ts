/** The admin socket as the server's commands find it, and the flags that every one of them has. */
import type { Terminal } from '../../shared/cli/command.ts';
import { namedSocket, socketFlags, type SocketNames } from '../../shared/cli/find-socket.ts';
import type { Flag, Flags } from '../../shared/cli/flag.ts';
import { outputFlag } from '../../shared/cli/output.ts';
import { timeoutFlag } from '../../shared/cli/timeout-flag.ts';

const SOCKET: SocketNames = {
  what: "the server's admin socket",
  variable: 'SPIRE_SERVER_PRIVATE_SOCKET',
  otherwise: '/tmp/spire-server/private/api.sock', // SPIRE's
};

/** Where the server is, and how long to wait for it. */
export const serverFlags: readonly Flag[] = [...socketFlags(SOCKET), timeoutFlag('30s')];

export const adminFlags: readonly Flag[] = [...serverFlags, outputFlag];

export const socketPath = (flags: Flags, terminal: Terminal): string =>
  namedSocket(flags, terminal, SOCKET) ?? SOCKET.otherwise;
