/** What every logger promises (shared/log/logger.ts). `lines` are those written so far. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Logger } from '../../shared/log/logger.ts';

export interface WrittenLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export function loggerContract(make: () => { log: Logger; lines: () => readonly WrittenLine[] }): void {
  it('writes each line with its level, its sentence and its fields', () => {
    const { log, lines } = make();
    for (const level of LEVELS) log[level](`at ${level}`, { count: 1 });
    log.info('without fields');
    assert.deepEqual(lines(), [
      ...LEVELS.map((level) => ({ level, message: `at ${level}`, fields: { count: 1 } })),
      { level: 'info', message: 'without fields', fields: {} },
    ]);
  });

  it('adds the fields of a child to its lines, and to no others', () => {
    const { log, lines } = make();
    const child = log.child({ part: 'a' });
    child.child({ deeper: true }).warn('low', { count: 2 });
    child.warn('middle');
    log.warn('top');
    assert.deepEqual(
      lines().map(({ fields }) => fields),
      [{ part: 'a', deeper: true, count: 2 }, { part: 'a' }, {}],
    );
  });

  it('takes any value for a field', () => {
    const { log, lines } = make();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    for (const value of [
      undefined,
      null,
      1n,
      new Error('x'),
      new Uint8Array(3),
      circle,
      () => {},
      Symbol('s'),
    ])
      log.info('odd', { value });
    assert.equal(lines().length, 8);
  });
}
