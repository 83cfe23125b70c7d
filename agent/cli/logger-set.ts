/** `logger set`. */
import type { LoggerDefinition } from '../../proto/gen/spire/api/agent/logger/v1/Logger.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { levelOf, printLogger } from '../../shared/cli/print-logger.ts';
import { LOGGER, withAdminService } from './call-admin.ts';

export const loggerSet: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const new_level = levelOf(flags);
  return withAdminService<LoggerDefinition, number>(LOGGER, { flags, terminal }, async (client) => {
    printLogger(await client.unary('SetLogLevel', { new_level }), terminal, asJson);
    return 0;
  });
};
