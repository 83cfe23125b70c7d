/** `logger reset`. */
import type { LoggerDefinition } from '../../proto/gen/spire/api/server/logger/v1/Logger.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printLogger } from '../../shared/cli/print-logger.ts';
import { LOGGER, withService } from './call-server.ts';

export const loggerReset: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  return withService<LoggerDefinition, number>(LOGGER, { flags, terminal }, async (client) => {
    printLogger(await client.unary('ResetLogLevel', {}), terminal, asJson);
    return 0;
  });
};
