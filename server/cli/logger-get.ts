/** `logger get`. */
import type { LoggerDefinition } from '../../proto/gen/spire/api/server/logger/v1/Logger.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printLogger } from '../../shared/cli/print-logger.ts';
import { LOGGER, withService } from './call-server.ts';

export const loggerGet: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  return withService<LoggerDefinition, number>(LOGGER, { flags, terminal }, async (client) => {
    printLogger(await client.unary('GetLogger', {}), terminal, asJson);
    return 0;
  });
};
