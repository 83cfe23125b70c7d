/** `api watch`: follows FetchX509SVID until interrupted. */
import { resolve } from 'node:path';
import type { RunCommand } from '../../shared/cli/command.ts';
import { openSocket } from '../../shared/cli/socket.ts';
import { WorkloadApiClient } from '../../shared/client/workload-api-client.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { socketPath } from './agent-socket.ts';
import { printX509 } from './print-x509.ts';

export const apiWatch: RunCommand = async (flags, terminal) => {
  const path = resolve(socketPath(flags, terminal));
  openSocket({ owner: 'agent', path }).close();
  const client = new WorkloadApiClient({ address: `unix:${path}` });
  let sinceMs = monotonicMs();
  for await (const response of client.x509SvidResponses()) {
    terminal.out(printX509(response, monotonicMs() - sinceMs));
    sinceMs = monotonicMs();
  }
  throw new Error('the agent ended the stream');
};
