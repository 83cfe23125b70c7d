/** Logger/GetLogger: the level of the agent's log, and the one that it was started with. */
import type { LogThreshold } from '../../../shared/log/log-level.ts';
import { thresholdToWire } from '../../../shared/log/wire-level.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { AdminContext } from '../gate.ts';

export const getLogger = (threshold: LogThreshold): Handler<AdminContext> =>
  unary(async () => thresholdToWire(threshold));
