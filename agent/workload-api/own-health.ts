/** The `agent` health check: the agent asks its own Workload API socket, as a workload would (facts/spire 10). Listed in agent.ts. */
import type { SpiffeWorkloadAPIDefinition } from '../../proto/gen/SpiffeWorkloadAPI.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { fails, type HealthCheck, WORKS } from '../../shared/health/checks.ts';
import { unixChannel } from '../../shared/rpc/channel.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';

/** Any answer but Unavailable shows that it works: to the agent itself, no entry may match. */
export const ownHealth = (socketPath: string): HealthCheck => ({
  name: 'agent',
  check: async (signal) => {
    const failure = await unavailability(socketPath, signal);
    return failure === undefined ? WORKS : fails('make_new_x509_err', failure); // SPIRE's key
  },
});

async function unavailability(socketPath: string, signal: AbortSignal): Promise<string | undefined> {
  const channel = unixChannel(socketPath);
  const client = new ServiceClient<SpiffeWorkloadAPIDefinition>('SpiffeWorkloadAPI', channel);
  try {
    const metadata = { 'workload.spiffe.io': 'true' };
    for await (const _message of client.serverStream('FetchX509Bundles', {}, { metadata, signal })) break;
    return undefined;
  } catch (error) {
    const isAnswered = error instanceof CodedError && error.code !== Code.unavailable;
    return isAnswered ? undefined : messageOf(error);
  } finally {
    channel.close();
  }
}
