/** `helper` and `helper validate`: files of SVIDs until a signal, and the check of the helper's configuration. */
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { type ConfigKind, loadConfigFile } from '../../shared/cli/load-config.ts';
import { untilStopped } from '../../shared/cli/run-until-signal.ts';
import { WorkloadApi } from '../../shared/client/workload-api.ts';
import { systemClock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import { LogThreshold } from '../../shared/log/log-level.ts';
import { openLog } from '../../shared/log/open-log.ts';
import { createLogger } from '../../shared/log/pino-logger.ts';
import { systemRandom } from '../../shared/random.ts';
import { LocalClient } from '../../shared/rpc/local/client.ts';
import { type HelperConfig, loadHelperConfig } from '../svid-files/config.ts';
import { helperFlags } from '../svid-files/config/flags.ts';
import { help, helpOnce } from '../svid-files/keep-files.ts';
import { WorkloadJwtApi } from '../svid-files/jwt-api.ts';
import { endpointPath } from './agent-socket.ts';
import { SOCKET } from './agent-socket-flags.ts';

const KIND: ConfigKind<HelperConfig> = { above: helperFlags, load: loadHelperConfig };

export const helper: RunCommand = async (flags, terminal) => {
  const config = loadConfigFile(KIND, flags, terminal);
  const sink = openLog(undefined);
  const log = createLogger({
    threshold: new LogThreshold('info'),
    format: 'text',
    write: (line) => sink.write(line),
  });
  const rpcs = new LocalClient('SpiffeWorkloadAPI', socketOf(config, terminal));
  const common = { clock: systemClock, random: systemRandom };
  const needs = {
    ...common,
    config,
    log,
    workloadApi: new WorkloadApi({ rpcs, ...common }),
    jwtApi: new WorkloadJwtApi(rpcs),
  };
  const stop = new AbortController();
  void untilStopped().then((reason) => stop.abort(new Error(reason)));
  try {
    await (config.isDaemon ? help : helpOnce)(needs, stop.signal);
    return 0;
  } catch (error) {
    log.error('the helper has ended', { error: messageOf(error) });
    return 1;
  }
};

/** The file, else the environment, else the usual place. */
const socketOf = ({ agentAddress }: HelperConfig, terminal: Terminal): string =>
  agentAddress ?? endpointPath(terminal) ?? SOCKET.otherwise;

export const helperValidate: RunCommand = async (flags, terminal) => {
  loadConfigFile(KIND, flags, terminal);
  terminal.out('Helper configuration file is valid.\n');
  return 0;
};
