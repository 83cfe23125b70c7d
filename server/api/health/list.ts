/** grpc.health.v1.Health/List: the health of everything that has one of its own, which is the whole server. */
import type { HealthListResponse } from '../../../proto/gen/grpc/health/v1/HealthListResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { type HealthNeeds, healthStatus } from './check.ts';

export const listHealth = (needs: HealthNeeds): Handler<CallContext> =>
  unary(
    async (): Promise<HealthListResponse> => ({ statuses: { '': { status: await healthStatus(needs) } } }),
  );
