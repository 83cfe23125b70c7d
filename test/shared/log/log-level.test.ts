import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOG_LEVELS, LogThreshold } from '../../../shared/log/log-level.ts';
import { createLogger } from '../../../shared/log/pino-logger.ts';

test('a level writes its own lines and those of graver ones', () => {
  const writing = (level: (typeof LOG_LEVELS)[number]) => {
    const threshold = new LogThreshold(level);
    return LOG_LEVELS.filter((other) => threshold.writes(other)).length;
  };
  assert.deepEqual(LOG_LEVELS.map(writing), [1, 2, 3, 4, 5, 6, 7]);
});

test('a level that is changed counts at once, for loggers that were made before and their children too', () => {
  const lines: string[] = [];
  const threshold = new LogThreshold('warn');
  const log = createLogger({ threshold, format: 'text', write: (line) => lines.push(line) });
  const child = log.child({ part: 'a' });
  child.info('one');
  threshold.set('info');
  child.info('two');
  log.debug('three');
  threshold.set('trace');
  log.debug('four');
  threshold.set('fatal');
  log.error('five');
  threshold.reset();
  child.warn('six');
  child.info('seven');
  assert.deepEqual(
    lines.map((line) => /msg="(\w+)"/.exec(line)?.[1]),
    ['two', 'four', 'six'],
  );
});

test('a reset goes back to the start, or to what was configured since', () => {
  const threshold = new LogThreshold('info');
  threshold.set('debug');
  threshold.reset();
  assert.equal(threshold.current, 'info');
  threshold.relaunch('warn');
  assert.deepEqual([threshold.current, threshold.launch], ['warn', 'warn']);
  threshold.set('debug');
  threshold.reset();
  assert.equal(threshold.current, 'warn');
});

test('a line names where it was written, when that is asked for', () => {
  const lines: string[] = [];
  const threshold = new LogThreshold('info');
  const log = createLogger({
    threshold,
    format: 'text',
    namesSource: true,
    write: (line) => lines.push(line),
  });
  log.info('one');
  log.child({ part: 'a' }).warn('two', { count: 1 });
  for (const line of lines) assert.match(line, / file="?test\/shared\/log\/log-level\.test\.ts:\d+"?/);
  assert.equal(lines.length, 2);
});
