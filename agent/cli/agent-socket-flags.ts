/** The flags of commands that speak to the Workload API: tables alone, for help and completion. Read by agent-socket. */
import { type SocketNames, socketFlags } from '../../shared/cli/find-socket.ts';
import type { Flag } from '../../shared/cli/flag.ts';
import { timeoutFlag } from '../../shared/cli/timeout-flag.ts';

export const SOCKET: SocketNames = {
  what: "the Workload API's socket; also SPIFFE_ENDPOINT_SOCKET",
  variable: 'SPIRE_AGENT_PUBLIC_SOCKET',
  otherwise: '/tmp/spire-agent/public/api.sock', // SPIRE's
};

export const workloadSocketFlags: readonly Flag[] = socketFlags(SOCKET);

/** Where the agent is, and how long to wait for it. */
export const agentFlags: readonly Flag[] = [...workloadSocketFlags, timeoutFlag('5s')];
