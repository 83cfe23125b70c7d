/** `healthcheck`: asks the Workload API; only Unavailable means that the agent is not well. */
import type { SpiffeWorkloadAPIDefinition } from '../../proto/gen/SpiffeWorkloadAPI.ts';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { withSocket } from '../../shared/cli/socket.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { LocalClient } from '../../shared/rpc/local/client.ts';
import { workloadSocket } from './agent-socket.ts';

export const healthcheck: RunCommand = async (flags, terminal) => {
  if (flags.is('verbose')) terminal.out('Checking agent health...\n');
  try {
    await fetchBundles(flags, terminal);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!isAnswer(error)) {
      terminal.err(`Agent is unhealthy: ${messageOf(error)}\n`);
      return 1;
    }
  }
  terminal.out('Agent is healthy.\n');
  return 0;
};

function fetchBundles(flags: Flags, terminal: Terminal): Promise<void> {
  const socket = workloadSocket(flags, terminal);
  return withSocket(socket, async (path) => {
    const client = new LocalClient<SpiffeWorkloadAPIDefinition>('SpiffeWorkloadAPI', path);
    const options = { metadata: { 'workload.spiffe.io': 'true' }, timeoutMs: socket.timeoutMs };
    for await (const _bundles of client.serverStream('FetchX509Bundles', {}, options)) return;
    throw new Error('the agent ended the stream without an answer');
  });
}

/** A refusal of this caller is an answer of a healthy agent. */
const isAnswer = (error: unknown): boolean =>
  error instanceof CodedError && error.code === Code.permissionDenied;
