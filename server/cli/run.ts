/** `run`: the server, until a signal. */
import { setFlagsFromString } from 'node:v8';
import type { RunCommand } from '../../shared/cli/command.ts';
import { untilStopped } from '../../shared/cli/run-until-signal.ts';
import { systemClock } from '../../shared/clock.ts';
import { CodedError, messageOf } from '../../shared/errors.ts';
import { ConfigReload } from '../../shared/config/reload.ts';
import { LogThreshold } from '../../shared/log/log-level.ts';
import { openLog } from '../../shared/log/open-log.ts';
import { createLogger } from '../../shared/log/pino-logger.ts';
import { systemRandom } from '../../shared/random.ts';
import type { ServerConfig } from '../config.ts';
import { serverFlags } from '../config/server-flags.ts';
import { createServer } from '../server.ts';
import { reloadParts } from '../start/reload-parts.ts';
import { readServerConfig } from './load-config.ts';

export const run: RunCommand = async (flags, terminal) => {
  const loaded = readServerConfig(flags, terminal);
  const { config } = loaded;
  for (const warning of loaded.warnings) terminal.err(`Warning: ${warning}\n`);
  const sink = openLog(config.logFile);
  process.on('SIGUSR2', () => sink.reopen());
  const threshold = new LogThreshold(config.logLevel);
  const log = createLogger({
    threshold,
    format: config.logFormat,
    namesSource: config.logSourceLocation,
    write: (line) => sink.write(line),
  });
  const server = createServer({ config, log, threshold, clock: systemClock, random: systemRandom });
  const configuration = new ConfigReload({
    loaded,
    load: () => readServerConfig(flags, terminal),
    parts: reloadParts({ threshold, server }),
    overridden: serverFlags.filter(({ name }) => flags.has(name)).map(({ key }) => `server.${key}`),
    log,
  });
  process.on('SIGHUP', () => void configuration.reload());
  // V8 learns to put what outlives its youth among the old at once; while entries are read in, that keeps every row, too:
  // a million of them then took up to 1.2 GB instead of 0.85.
  setFlagsFromString('--no-allocation-site-pretenuring');
  const stopped = untilStopped();
  try {
    await server.start();
  } catch (error) {
    log.error('server could not start', { error: whyNot(error, config) });
    return 1;
  }
  log.info('Stopping', { reason: await stopped });
  await server.stop();
  return 0;
};

function whyNot(error: unknown, { datastore }: ServerConfig): string {
  const isOfDatabase = error instanceof CodedError && error.reason === 'DATABASE_UNAVAILABLE';
  return isOfDatabase && datastore.kind !== 'managed'
    ? `${error.message}: does it run, and are host, port, user, password and name in connection_string right?`
    : messageOf(error);
}
