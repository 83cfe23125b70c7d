/** The Workload API on a socket of this machine, for commands. */
import { WorkloadApi } from '../../shared/client/workload-api.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemRandom } from '../../shared/random.ts';
import { LocalClient } from '../../shared/rpc/local/client.ts';

export const workloadApi = (path: string): WorkloadApi =>
  new WorkloadApi({
    rpcs: new LocalClient('SpiffeWorkloadAPI', path),
    clock: systemClock,
    random: systemRandom,
  });
