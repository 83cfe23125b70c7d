/** What `logger get`, `set` and `reset` of both programs print, and the level that `set` is given. */
import type { LoggerOutput } from '../../proto/gen/spire/api/types/Logger.ts';
import type { LogLevelOutput } from '../../proto/gen/spire/api/types/LogLevel.ts';
import { LOG_LEVELS } from '../log/log-level.ts';
import { levelToWire } from '../log/wire-level.ts';
import type { Terminal } from './command.ts';
import { type Flag, type Flags, UsageError } from './flag.ts';
import { toJson } from './json.ts';

export const levelFlag: Flag = {
  name: 'level',
  kind: 'text',
  doc: `the new level: ${LOG_LEVELS.join(', ')}`,
  values: LOG_LEVELS,
};

/** Throws UsageError, in SPIRE's words, unless it is a level. */
export function levelOf(flags: Flags): LogLevelOutput {
  const text = flags.text('level');
  if (text === '') throw new UsageError('a value (-level) must be set');
  const lower = text.toLowerCase();
  const level = LOG_LEVELS.find((known) => known === lower || (known === 'warn' && lower === 'warning'));
  if (level === undefined) throw new UsageError(`the value "${text}" is not a valid setting`);
  return levelToWire(level);
}

export function printLogger(logger: LoggerOutput, terminal: Terminal, asJson: boolean): void {
  if (asJson) return terminal.out(`${toJson(logger)}\n`);
  terminal.out(
    `Logger Level : ${nameOf(logger.current_level)}\nLaunch Level : ${nameOf(logger.launch_level)}\n\n`,
  );
}

/** As SPIRE's logger writes it. */
const nameOf = (level: LogLevelOutput): string => (level === 'WARN' ? 'warning' : level.toLowerCase());
