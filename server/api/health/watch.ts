/** grpc.health.v1.Health/Watch: the server's health now and whenever it changes. */
import type { HealthCheckRequestOutput } from '../../../proto/gen/grpc/health/v1/HealthCheckRequest.ts';
import type { HealthCheckResponse } from '../../../proto/gen/grpc/health/v1/HealthCheckResponse.ts';
import { type Clock, every } from '../../../shared/clock.ts';
import { type Handler, type Send, serverStream } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { type HealthNeeds, healthStatus, isWholeServer } from './check.ts';

const CHECK_MS = 5_000;

export interface WatchHealthNeeds extends HealthNeeds {
  readonly clock: Clock;
}

export const watchHealth = (needs: WatchHealthNeeds): Handler<CallContext> =>
  serverStream(
    async ({ service }: HealthCheckRequestOutput, { call }: CallContext, send: Send<HealthCheckResponse>) => {
      let last: string | undefined;
      await every({ clock: needs.clock, ms: () => CHECK_MS, signal: call.signal }, async () => {
        const status = isWholeServer(service) ? await healthStatus(needs) : 'SERVICE_UNKNOWN';
        if (status !== last) await send({ status });
        last = status;
      });
    },
  );
