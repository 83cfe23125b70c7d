/** grpc.health.v1.Health/Check on the Workload API's socket: serving once the agent has something to serve: it synchronised with a server, or an earlier run kept it. */
import type { HealthCheckRequestOutput } from '../../proto/gen/grpc/health/v1/HealthCheckRequest.ts';
import type { HealthCheckResponse } from '../../proto/gen/grpc/health/v1/HealthCheckResponse.ts';
import { notFound } from '../../shared/errors.ts';
import { type Handler, unary } from '../../shared/rpc/handler.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import type { WorkloadContext } from './gate.ts';

const SERVICES = ['', 'SpiffeWorkloadAPI']; // empty = the whole server (gRPC health checking protocol)

export const checkHealth = (identities: Pick<WorkloadIdentities, 'syncState'>): Handler<WorkloadContext> =>
  unary(async ({ service }: HealthCheckRequestOutput): Promise<HealthCheckResponse> => {
    if (!SERVICES.includes(service)) throw notFound('unknown service');
    const { lastSyncAt, keptAt } = identities.syncState();
    return { status: (lastSyncAt ?? keptAt) === undefined ? 'NOT_SERVING' : 'SERVING' };
  });
