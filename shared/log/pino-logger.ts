/** The program's logger: pino, as JSON or as the `time= level= msg=` text that SPIRE's users grep. Made by main files. */
import { pino, type Logger as Pino } from 'pino';
import { messageOf } from '../errors.ts';
import type { LogFields, Logger } from './logger.ts';
import { printableJson, textLine } from './text-line.ts';

export interface LoggerOptions {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly format: 'text' | 'json';
  /** Takes one whole line, newline included. */
  readonly write: (line: string) => void;
}

export function createLogger({ level, format, write }: LoggerOptions): Logger {
  const toLine = format === 'json' ? printableJson : textLine;
  const stream = { write: (line: string) => write(toLine(line)) };
  const options = {
    level,
    base: null,
    messageKey: 'msg',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(pino(options, stream));
}

function wrap(logger: Pino): Logger {
  return {
    error: (message, fields) => logger.error(plain(fields), message),
    warn: (message, fields) => logger.warn(plain(fields), message),
    info: (message, fields) => logger.info(plain(fields), message),
    debug: (message, fields) => logger.debug(plain(fields), message),
    child: (fields) => wrap(logger.child(plain(fields))),
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
