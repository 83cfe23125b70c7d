/** `run`: the server, until a signal. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { untilStopped } from '../../shared/cli/run-until-signal.ts';
import { systemClock } from '../../shared/clock.ts';
import { CodedError, messageOf } from '../../shared/errors.ts';
import { openLog } from '../../shared/log/open-log.ts';
import { createLogger } from '../../shared/log/pino-logger.ts';
import { systemRandom } from '../../shared/random.ts';
import type { ServerConfig } from '../config.ts';
import { createServer } from '../server.ts';
import { loadConfig } from './load-config.ts';

export const run: RunCommand = async (flags, terminal) => {
  const config = loadConfig(flags, terminal);
  const sink = openLog(config.logFile);
  process.on('SIGUSR2', () => sink.reopen());
  const log = createLogger({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => sink.write(line),
  });
  const stopped = untilStopped();
  const server = createServer({ config, log, clock: systemClock, random: systemRandom });
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
