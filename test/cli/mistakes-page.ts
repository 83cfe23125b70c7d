/** The page of mistakes, which says what is said. Read by the tests that make them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = join(import.meta.dirname, '..', '..', 'deploy', 'when-it-does-not-work.md');

export interface Mistake {
  readonly what: string;
  /** As the page has it, where `…` stands for anything. */
  readonly said: RegExp;
}

const anything = (text: string): string =>
  text
    .split('…')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.+');

/** The mistakes below a heading, in the order of the page. */
export function mistakes(heading: string): readonly Mistake[] {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((line) => {
    const [what = '', said = '', next = ''] = line.slice(2, -2).split(' | ');
    assert.match(next, /\w/, `the page does not say what to do next: ${what}`);
    return { what, said: new RegExp(anything(/^`(.+)`$/.exec(said)?.[1] ?? assert.fail(line))) };
  });
}
