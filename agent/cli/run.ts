/** `run`: the agent, until a signal, or until the server no longer wants it. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { untilStopped } from '../../shared/cli/run-until-signal.ts';
import { messageOf } from '../../shared/errors.ts';
import { LogThreshold } from '../../shared/log/log-level.ts';
import { openLog } from '../../shared/log/open-log.ts';
import { createLogger } from '../../shared/log/pino-logger.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type Agent, createAgent } from '../agent.ts';
import { loadConfig } from './load-config.ts';

export const run: RunCommand = async (flags, terminal) => {
  const config = loadConfig(flags, terminal);
  const sink = openLog(config.logFile);
  process.on('SIGUSR2', () => sink.reopen());
  const threshold = new LogThreshold(config.logLevel);
  const log = createLogger({
    threshold,
    format: config.logFormat,
    namesSource: config.logSourceLocation,
    write: (line) => sink.write(line),
  });
  const procPath = terminal.environment['HOST_PROC'];
  const agent = createAgent({
    config,
    log,
    threshold,
    runtimeDirectories: runtimeDirectories(terminal.environment['RUNTIME_DIRECTORY']),
    environment: terminal.environment,
    ...(procPath === undefined ? {} : { procPath }),
  });
  stopWhenAsked(agent, log);
  await agent
    .start()
    .catch((error: unknown) => log.error('agent could not start', { error: messageOf(error) }));
  const outcome = await agent.done;
  return outcome.kind === 'stopped' ? 0 : 1;
};

/** That of systemd (systemd.exec(5): several are divided by colons), else the usual ones, for root and for others. */
const runtimeDirectories = (given: string | undefined): readonly string[] =>
  given !== undefined && given !== ''
    ? given.split(':')
    : ['/run/writ-agent', `/dev/shm/writ-agent-${process.geteuid?.() ?? 'any'}`];

function stopWhenAsked(agent: Agent, log: Logger): void {
  void untilStopped().then((reason) => {
    log.info('Stopping', { reason });
    return agent.stop();
  });
}
