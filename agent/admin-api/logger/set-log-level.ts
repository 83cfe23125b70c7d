/** Logger/SetLogLevel: another level, until the agent ends or is told otherwise. */
import type { SetLogLevelRequestOutput } from '../../../proto/gen/spire/api/agent/logger/v1/SetLogLevelRequest.ts';
import type { LogThreshold } from '../../../shared/log/log-level.ts';
import { levelFromWire, thresholdToWire } from '../../../shared/log/wire-level.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { AdminContext } from '../gate.ts';

export const setLogLevel = (threshold: LogThreshold): Handler<AdminContext> =>
  unary(async ({ new_level }: SetLogLevelRequestOutput) => {
    threshold.set(levelFromWire(new_level));
    return thresholdToWire(threshold);
  });
