import { describe } from 'node:test';
import { LogThreshold } from '../../shared/log/log-level.ts';
import { createLogger } from '../../shared/log/pino-logger.ts';
import { FakeLog } from '../fakes/log.ts';
import { loggerContract, type WrittenLine } from './logger.ts';

const parsed = (line: string): WrittenLine => {
  const { level, msg, time: _, ...fields } = JSON.parse(line) as Record<string, unknown>;
  return { level: String(level), message: String(msg), fields };
};

describe("the program's logger", () =>
  loggerContract(() => {
    const written: string[] = [];
    const log = createLogger({
      threshold: new LogThreshold('debug'),
      format: 'json',
      write: (line) => written.push(line),
    });
    return { log, lines: () => written.map(parsed) };
  }));

describe('the fake logger', () =>
  loggerContract(() => {
    const log = new FakeLog();
    return { log, lines: () => log.lines };
  }));
