/** What the helper runs and signals. Called by config.ts. */
import { path, text } from '../../../shared/config/kinds.ts';
import { type Block, defaulting, optional } from '../../../shared/config/shape.ts';
import { flag, signal } from './kinds.ts';

export interface ProcessConfig {
  /** Undefined: nothing is run. */
  readonly command: string | undefined;
  readonly args: readonly string[];
  readonly pidFile: string | undefined;
  readonly renewSignal: NodeJS.Signals | undefined;
  /** End the command and run it anew in place of a signal. */
  readonly restarts: boolean;
}

export function processFields(file: Block, isDaemon: boolean): ProcessConfig {
  const process: ProcessConfig = {
    command: file.field('cmd', optional(text, 'program to run once the files are there')),
    args: splitArguments(
      file.field(
        'cmd_args',
        defaulting(text, '', {
          doc: 'its arguments, apart by spaces, in double quotes where they hold some',
        }),
      ),
      file,
    ),
    pidFile: file.field(
      'pid_file_name',
      optional(path, 'file with the number of a process that gets renew_signal'),
    ),
    renewSignal: file.field('renew_signal', optional(signal, 'sent when the X.509 files have changed')),
    restarts: flag(
      file,
      'restart_on_renew',
      'end cmd and run it anew when the X.509 files have changed; not in spiffe-helper',
    ),
  };
  if (process.pidFile !== undefined && process.renewSignal === undefined)
    file.fault('"pid_file_name" needs a renew_signal to send', 'pid_file_name');
  if (process.restarts && process.command === undefined)
    file.fault('"restart_on_renew" needs a cmd to run', 'restart_on_renew');
  if (process.restarts && process.renewSignal !== undefined && process.pidFile === undefined)
    file.fault(
      'choose renew_signal or restart_on_renew: both would be done to one process',
      'restart_on_renew',
    );
  if (!isDaemon && process.pidFile !== undefined)
    file.fault(
      '"pid_file_name" needs daemon_mode: nothing is signalled when files are fetched once',
      'pid_file_name',
    );
  for (const key of ['cmd', 'renew_signal'])
    if (!isDaemon && file.isSet(key)) file.warn(`"${key}" has no effect without daemon_mode`, key);
  return process;
}

/** As spiffe-helper reads them: a line of comma-separated values whose comma is a space (RFC 4180 quotes). */
function splitArguments(line: string, file: Block): readonly string[] {
  const found: string[] = [];
  const pattern = /"((?:[^"]|"")*)"(?= |$)|([^" ]*)(?= |$)/y;
  for (let at = 0; line !== '' && at <= line.length; at = pattern.lastIndex + 1) {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match === null) {
      file.fault('"cmd_args" has a quote that does not enclose a whole argument', 'cmd_args');
      return [];
    }
    found.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  }
  return found;
}
