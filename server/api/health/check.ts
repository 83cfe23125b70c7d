/** grpc.health.v1.Health/Check: whether this server can do its work now. */
import type { HealthCheckRequestOutput } from '../../../proto/gen/grpc/health/v1/HealthCheckRequest.ts';
import type { HealthCheckResponse } from '../../../proto/gen/grpc/health/v1/HealthCheckResponse.ts';
import { invalidArgument } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';

export interface HealthNeeds {
  /** Throws when the server cannot do its work. */
  readonly checkHealth: () => Promise<void>;
}

/** The whole server is the only service that has a health of its own. */
export const isWholeServer = (service: string): boolean => service === '';

export async function healthStatus({ checkHealth }: HealthNeeds): Promise<'SERVING' | 'NOT_SERVING'> {
  return checkHealth().then(
    () => 'SERVING',
    () => 'NOT_SERVING',
  );
}

export const check = (needs: HealthNeeds): Handler<CallContext> =>
  unary(async ({ service }: HealthCheckRequestOutput): Promise<HealthCheckResponse> => {
    if (!isWholeServer(service)) throw invalidArgument('per-service health is not supported'); // SPIRE's words
    return { status: await healthStatus(needs) };
  });
