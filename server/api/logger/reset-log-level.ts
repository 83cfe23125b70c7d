/** Logger/ResetLogLevel: back to the level that it was started with, or that a reload has brought. */
import { thresholdToWire } from '../../../shared/log/wire-level.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import type { LoggerNeeds } from './get-logger.ts';

export const resetLogLevel = ({ threshold }: LoggerNeeds): Handler<CallContext> =>
  unary(async () => {
    threshold.reset();
    return thresholdToWire(threshold);
  });
