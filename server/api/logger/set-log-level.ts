/** Logger/SetLogLevel: another level, until the server ends or is told otherwise. */
import type { SetLogLevelRequestOutput } from '../../../proto/gen/spire/api/server/logger/v1/SetLogLevelRequest.ts';
import { levelFromWire, thresholdToWire } from '../../../shared/log/wire-level.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import type { LoggerNeeds } from './get-logger.ts';

export const setLogLevel = ({ threshold }: LoggerNeeds): Handler<CallContext> =>
  unary(async ({ new_level }: SetLogLevelRequestOutput) => {
    threshold.set(levelFromWire(new_level));
    return thresholdToWire(threshold);
  });
