/** The `log_*` keys, the same in `server {}` and `agent {}`. */

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFormat = 'text' | 'json';

export interface LogConfig {
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Undefined: standard output. */
  readonly logFile: string | undefined;
  readonly logSourceLocation: boolean;
}
