/** `oidc` and `oidc validate`: the OIDC discovery provider until a signal, and the check of its file. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { type ConfigKind, loadConfigFile } from '../../shared/cli/load-config.ts';
import { untilStopped } from '../../shared/cli/run-until-signal.ts';
import { systemClock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import { LogThreshold } from '../../shared/log/log-level.ts';
import { openLog } from '../../shared/log/open-log.ts';
import { createLogger } from '../../shared/log/pino-logger.ts';
import { loadOidcConfig, type OidcConfig } from '../oidc/config.ts';
import { createOidcProvider } from '../oidc/provider.ts';

const KIND: ConfigKind<OidcConfig> = { above: [], load: loadOidcConfig };

export const oidc: RunCommand = async (flags, terminal) => {
  const config = loadConfigFile(KIND, flags, terminal);
  const sink = openLog(config.logFile);
  process.on('SIGUSR2', () => sink.reopen());
  const threshold = new LogThreshold(config.logLevel);
  const log = createLogger({ threshold, format: config.logFormat, write: (line) => sink.write(line) });
  const provider = createOidcProvider({ config, log, clock: systemClock });
  const stopped = untilStopped();
  try {
    await provider.start();
  } catch (error) {
    log.error('OIDC discovery provider could not start', { error: messageOf(error) });
    return 1;
  }
  log.info('Stopping', { reason: await stopped });
  await provider.stop();
  return 0;
};

export const oidcValidate: RunCommand = async (flags, terminal) => {
  loadConfigFile(KIND, flags, terminal);
  terminal.out('OIDC discovery provider configuration file is valid.\n');
  return 0;
};
