/** A client of the SPIFFE Workload API. Used by programs that want SVIDs, and by x509-source. */
import { type Clock, systemClock } from '../clock.ts';
import { type Random, systemRandom } from '../random.ts';
import { type Channel, tcpChannel, unixChannel } from '../rpc/channel.ts';
import { ServiceClient } from '../rpc/client.ts';
import { parseEndpointAddress } from './endpoint-address.ts';
import { addressInEnvironment } from './environment.ts';
import { WorkloadApi } from './workload-api.ts';

export interface WorkloadApiOptions {
  /** Such as `unix:///run/spire/agent/public/api.sock`; the environment's SPIFFE_ENDPOINT_SOCKET unless given. */
  readonly address?: string;
  readonly clock?: Clock;
  readonly random?: Random;
}

export class WorkloadApiClient extends WorkloadApi {
  readonly #channel: Channel;

  /** Connects at the first call. Throws InvalidArgument on an address that is none, or without any. */
  constructor({ address, clock = systemClock, random = systemRandom }: WorkloadApiOptions = {}) {
    const endpoint = parseEndpointAddress(address ?? addressInEnvironment());
    const channel = endpoint.kind === 'unix' ? unixChannel(endpoint.path) : tcpChannel(endpoint.hostPort);
    super({ rpcs: new ServiceClient('SpiffeWorkloadAPI', channel), clock, random });
    this.#channel = channel;
  }

  close(): void {
    this.#channel.close();
  }
}
