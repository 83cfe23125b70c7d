/** `healthcheck`: asks the Workload API; only Unavailable means that the agent is not well. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { withSocket } from '../../shared/cli/socket.ts';
import type { SpiffeWorkloadAPIDefinition } from '../../proto/gen/SpiffeWorkloadAPI.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';
import { socketPath } from './agent-socket.ts';

const TIMEOUT_MS = 10_000;

export const healthcheck: RunCommand = async (flags, terminal) => {
  const path = socketPath(flags, terminal);
  if (flags.is('verbose')) terminal.out(`Contacting the agent on ${path}\n`);
  try {
    await withSocket({ owner: 'agent', path }, async (channel) => {
      const client = new ServiceClient<SpiffeWorkloadAPIDefinition>('SpiffeWorkloadAPI', channel);
      const options = { metadata: { 'workload.spiffe.io': 'true' }, timeoutMs: TIMEOUT_MS };
      for await (const _bundles of client.serverStream('FetchX509Bundles', {}, options)) return;
    });
  } catch (error) {
    if (!isAnswer(error)) {
      terminal.err(`Error: Agent is unhealthy: ${messageOf(error)}\n`);
      return 1;
    }
  }
  terminal.out('Agent is healthy.\n');
  return 0;
};

/** A refusal of this caller is an answer of a healthy agent. */
const isAnswer = (error: unknown): boolean =>
  error instanceof CodedError && error.code === Code.permissionDenied;
