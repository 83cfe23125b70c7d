/** Logger/ResetLogLevel: back to the level that the agent was started with. */
import type { LogThreshold } from '../../../shared/log/log-level.ts';
import { thresholdToWire } from '../../../shared/log/wire-level.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { AdminContext } from '../gate.ts';

export const resetLogLevel = (threshold: LogThreshold): Handler<AdminContext> =>
  unary(async () => {
    threshold.reset();
    return thresholdToWire(threshold);
  });
