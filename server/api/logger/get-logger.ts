/** Logger/GetLogger: the level of the log, and the one that it was started with. */
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { LogThreshold } from '../../../shared/log/log-level.ts';
import { thresholdToWire } from '../../../shared/log/wire-level.ts';
import type { CallContext } from '../gate/context.ts';

export interface LoggerNeeds {
  readonly threshold: LogThreshold;
}

export const getLogger = ({ threshold }: LoggerNeeds): Handler<CallContext> =>
  unary(async () => thresholdToWire(threshold));
