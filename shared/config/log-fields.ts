/** The `log_*` keys, the same in `server {}` and `agent {}`; a part of them in server/oidc. */
import { boolean, oneOf, path } from './kinds.ts';
import { LOG_LEVELS, type LogLevel } from '../log/log-level.ts';
import { defaulting, type Kind, optional, type Shape } from './shape.ts';

export type LogFormat = 'text' | 'json';

export interface LogConfig {
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Undefined: standard output. */
  readonly logFile: string | undefined;
  readonly logSourceLocation: boolean;
}

export const logFields: Shape<LogConfig> = (block) => ({
  ...logLineFields(block),
  logFile: block.field('log_file', optional(path, 'file to write to in place of standard output')),
  logSourceLocation: block.field(
    'log_source_location',
    defaulting(boolean, false, { doc: 'name file and line of the code in each line' }),
  ),
});

/** What every program has. */
export const logLineFields: Shape<Pick<LogConfig, 'logLevel' | 'logFormat'>> = (block) => ({
  logLevel: block.field(
    'log_level',
    defaulting(logLevel, 'info', { doc: 'least level that is written', shown: 'INFO' }),
  ),
  logFormat: block.field('log_format', defaulting(logFormat, 'text', { doc: 'how a line is written' })),
});

/** `warning` as the logger of SPIRE has it. */
const logLevel: Kind<LogLevel> = {
  ...inAnyCase<LogLevel>(oneOf(LOG_LEVELS, { warning: 'warn' })),
  type: 'TRACE, DEBUG, INFO, WARN, ERROR, FATAL or PANIC',
};

const logFormat = inAnyCase<LogFormat>(oneOf(['text', 'json']));

function inAnyCase<T>(kind: Kind<T>): Kind<T> {
  return {
    ...kind,
    read: (node, report) =>
      kind.read(node.kind === 'string' ? { ...node, value: node.value.toLowerCase() } : node, report),
  };
}
