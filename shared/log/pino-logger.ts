/** The program's logger: pino, as JSON or as the `time= level= msg=` text that SPIRE's users grep. Made by main files. */
import { pino, type Logger as Pino } from 'pino';
import { messageOf } from '../errors.ts';
import type { LogThreshold } from './log-level.ts';
import type { LogFields, Logger } from './logger.ts';
import { sourceLocation } from './source-location.ts';
import { printableJson, textLine } from './text-line.ts';

export interface LoggerOptions {
  /** Looked at for every line. */
  readonly threshold: LogThreshold;
  readonly format: 'text' | 'json';
  /** Adds which line of the code it was, as SPIRE's field `file`. */
  readonly namesSource?: boolean;
  /** Takes one whole line, newline included. */
  readonly write: (line: string) => void;
}

export function createLogger({ threshold, format, write, namesSource = false }: LoggerOptions): Logger {
  const toLine = format === 'json' ? printableJson : textLine;
  const stream = { write: (line: string) => write(toLine(line)) };
  const options = {
    level: 'trace',
    base: null,
    messageKey: 'msg',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(pino(options, stream), { threshold, namesSource });
}

type Written = 'error' | 'warn' | 'info' | 'debug';

interface Manner {
  readonly threshold: LogThreshold;
  readonly namesSource: boolean;
}

function wrap(logger: Pino, manner: Manner): Logger {
  const at = (level: Written) => {
    const write = (message: string, fields?: LogFields): void => {
      if (!manner.threshold.writes(level)) return;
      const source = manner.namesSource ? { file: sourceLocation(write) } : {};
      logger[level]({ ...source, ...plain(fields) }, message);
    };
    return write;
  };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: (fields) => wrap(logger.child(plain(fields)), manner),
  };
}

/** Errors become their message, bytes their length, and whatever knows its own text form that text. */
function plain(fields: LogFields = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  if (value instanceof Error) return messageOf(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plainValue);
  return hasOwnText(value) ? value.toString() : value;
}

/** An ID or another value of ours that prints itself; a plain object stays one. */
function hasOwnText(value: unknown): value is { toString(): string } {
  return value !== null && typeof value === 'object' && value.toString !== Object.prototype.toString;
}
