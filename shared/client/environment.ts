/** What the library takes from the environment of its program, as every SDK does (SPIFFE_Workload_Endpoint 4). */
import { invalidArgument } from '../errors.ts';
import { SOCKET_VARIABLE } from './endpoint-address.ts';

/** Where the Workload API is. Throws InvalidArgument when the environment does not say. */
export function addressInEnvironment(): string {
  const address = process.env[SOCKET_VARIABLE];
  if (address) return address;
  throw invalidArgument(
    `no address of a workload endpoint: give one, or set ${SOCKET_VARIABLE}, such as unix:///run/spire/agent/public/api.sock`,
  );
}
