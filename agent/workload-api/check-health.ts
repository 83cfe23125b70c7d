/** grpc.health.v1.Health/Check on both of the agent's sockets: serving once the agent has something to serve: it synchronised with a server, or an earlier run kept it. */
import type { HealthCheckRequestOutput } from '../../proto/gen/grpc/health/v1/HealthCheckRequest.ts';
import type { HealthCheckResponse } from '../../proto/gen/grpc/health/v1/HealthCheckResponse.ts';
import { notFound } from '../../shared/errors.ts';
import { type Handler, unary } from '../../shared/rpc/handler.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';

/** `services`: those that have a health of their own; empty = the whole server (gRPC health checking protocol). */
export const checkHealth = <Context>(
  identities: Pick<WorkloadIdentities, 'syncState'>,
  services: readonly string[],
): Handler<Context> =>
  unary(async ({ service }: HealthCheckRequestOutput): Promise<HealthCheckResponse> => {
    if (!services.includes(service)) throw notFound('unknown service');
    const { lastSyncAt, keptAt } = identities.syncState();
    return { status: (lastSyncAt ?? keptAt) === undefined ? 'NOT_SERVING' : 'SERVING' };
  });
