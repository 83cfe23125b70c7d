/** The `log_*` keys, the same in `server {}` and `agent {}`. */
import { boolean, oneOf, path } from './kinds.ts';
import { defaulting, type Kind, optional, type Shape } from './shape.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFormat = 'text' | 'json';

export interface LogConfig {
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Undefined: standard output. */
  readonly logFile: string | undefined;
  readonly logSourceLocation: boolean;
}

export const logFields: Shape<LogConfig> = (block) => ({
  logLevel: block.field(
    'log_level',
    defaulting(logLevel, 'info', { doc: 'least level that is written', shown: 'INFO' }),
  ),
  logFormat: block.field('log_format', defaulting(logFormat, 'text', { doc: 'how a line is written' })),
  logFile: block.field('log_file', optional(path, 'file to write to in place of standard output')),
  logSourceLocation: block.field(
    'log_source_location',
    defaulting(boolean, false, { doc: 'name file and line of the code in each line' }),
  ),
});

/** Also the names that the logger of SPIRE takes. */
const logLevel: Kind<LogLevel> = {
  ...inAnyCase<LogLevel>(
    oneOf(['error', 'warn', 'info', 'debug'], {
      warning: 'warn',
      trace: 'debug',
      fatal: 'error',
      panic: 'error',
    }),
  ),
  type: 'DEBUG, INFO, WARN or ERROR',
};

const logFormat = inAnyCase<LogFormat>(oneOf(['text', 'json']));

function inAnyCase<T>(kind: Kind<T>): Kind<T> {
  return {
    ...kind,
    read: (node, report) =>
      kind.read(node.kind === 'string' ? { ...node, value: node.value.toLowerCase() } : node, report),
  };
}
