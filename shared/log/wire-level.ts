/** The log's level as the Logger API has it, of server and agent alike. Used by its RPCs and its commands. */
import type { LoggerOutput } from '../../proto/gen/spire/api/types/Logger.ts';
import { LogLevel as WireLevel, type LogLevelOutput } from '../../proto/gen/spire/api/types/LogLevel.ts';
import { invalidArgument } from '../errors.ts';
import { LOG_LEVELS, type LogLevel, type LogThreshold } from './log-level.ts';

const TO_WIRE: Readonly<Record<LogLevel, LogLevelOutput>> = {
  panic: WireLevel.PANIC,
  fatal: WireLevel.FATAL,
  error: WireLevel.ERROR,
  warn: WireLevel.WARN,
  info: WireLevel.INFO,
  debug: WireLevel.DEBUG,
  trace: WireLevel.TRACE,
};

export const levelToWire = (level: LogLevel): LogLevelOutput => TO_WIRE[level];

/** Throws InvalidArgument in SPIRE's words; a number of no name comes as one. */
export function levelFromWire(wire: LogLevelOutput | number): LogLevel {
  if (wire === WireLevel.UNSPECIFIED) throw invalidArgument('newLevel value cannot be LogLevel_UNSPECIFIED');
  const found = LOG_LEVELS.find((level) => TO_WIRE[level] === wire);
  if (found === undefined) throw invalidArgument('unsupported log level');
  return found;
}

export const thresholdToWire = ({ current, launch }: LogThreshold): LoggerOutput => ({
  current_level: TO_WIRE[current],
  launch_level: TO_WIRE[launch],
});
