/** Prints a run: a dot for each test that passed, failures at once and in full, and the closing lines of node's own runner. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

export interface Outcome {
  readonly tests: number;
  readonly isSuccess: boolean;
}

const COLUMNS = 100;
const SLOWEST = 5;

/** Reads the events of one run; `out` gets the text. */
export class RunReport {
  readonly #out: (text: string) => void;
  readonly #running = new Map<string, string>();
  readonly #failed: string[] = [];
  #slowest: { place: string; ms: number }[] = [];
  #dots = 0;
  #tests = 0;
  #failures = 0;

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  /** The tests that have begun and not ended: what to look at when a run hangs. */
  running(): readonly string[] {
    return [...this.#running.values()];
  }

  see({ type, data }: TestEvent): void {
    if (type === 'test:dequeue') this.#running.set(keyOf(data), placeOf(data));
    else if (type === 'test:complete') this.#running.delete(keyOf(data));
    else if (type === 'test:pass') this.#passed(data);
    else if (type === 'test:fail') this.#fail(data);
    else if (type === 'test:diagnostic') this.#diagnostic(data);
    else if (type === 'test:stdout' || type === 'test:stderr') this.#print(data.message);
  }

  /** Prints the slowest tests, and what failed once more; tells how the run went. */
  end(): Outcome {
    const slowest = this.#slowest.map(({ place, ms }) => `  ${Math.round(ms)} ms ${place}\n`);
    if (slowest.length > 0) this.#print(`Slowest:\n${slowest.join('')}`);
    if (this.#failed.length > 0)
      this.#print(`\nFailed:\n${this.#failed.map((name) => `  ${name}\n`).join('')}`);
    return { tests: this.#tests, isSuccess: this.#failures === 0 };
  }

  #passed(data: Passed): void {
    if (data.details.type === 'suite' || data.skip !== undefined) return;
    const slow = { place: placeOf(data), ms: data.details.duration_ms };
    this.#slowest = [...this.#slowest, slow].sort((a, b) => b.ms - a.ms).slice(0, SLOWEST);
    this.#out('.');
    this.#dots += 1;
    if (this.#dots % COLUMNS === 0) this.#out('\n');
  }

  #fail(data: Failed): void {
    this.#failures += 1;
    const { error } = data.details;
    if ('failureType' in error && error.failureType === 'subtestsFailed') return; // the subtests were told
    this.#failed.push(placeOf(data));
    this.#print(`\n✖ ${placeOf(data)} (${Math.round(data.details.duration_ms)} ms)\n${textOf(error)}\n\n`);
  }

  /** `ℹ tests 12` and so on: of the whole run where they are not indented, else what a test had to say. */
  #diagnostic(data: Diagnostic): void {
    const [, tests] = /^tests (\d+)$/.exec(data.message) ?? [];
    if (tests !== undefined && data.nesting === 0) this.#tests = Number(tests);
    this.#print(`ℹ ${data.message}\n`);
  }

  #print(text: string): void {
    this.#out(this.#dots % COLUMNS === 0 ? text : `\n${text}`);
    this.#dots = 0;
  }
}

type Event<Type extends TestEvent['type']> = Extract<TestEvent, { type: Type }>['data'];
type Passed = Event<'test:pass'>;
type Failed = Event<'test:fail'>;
type Diagnostic = Event<'test:diagnostic'>;
type Place = Pick<Passed, 'name' | 'file' | 'line' | 'nesting'>;

const keyOf = (place: Place): string => `${place.file}:${place.line}:${place.nesting}:${place.name}`;

const placeOf = ({ name, file, line }: Place): string =>
  file === undefined ? name : `${relative(process.cwd(), file)}:${line ?? 1} ${name}`;

const FOREIGN_FRAME = /^\s+at .*(?:\(|\s)(?:node:|file:.*\/node_modules\/).*\n?/gm;
const CAUSES = 4;

/** What was thrown, which node:test wraps, with its causes and our own frames. */
function textOf(error: Error): string {
  const thrown = 'failureType' in error && error.cause !== undefined ? error.cause : error;
  return causes(thrown)
    .map((cause) => (cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause)))
    .join('\ncaused by ')
    .replace(FOREIGN_FRAME, '')
    .trimEnd()
    .replace(/^/gm, '    ');
}

function causes(error: unknown): readonly unknown[] {
  const found = [error];
  for (let next = error; next instanceof Error && next.cause !== undefined && found.length < CAUSES; ) {
    next = next.cause;
    found.push(next);
  }
  return found;
}
