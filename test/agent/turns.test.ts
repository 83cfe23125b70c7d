import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Turns } from '../../agent/turns.ts';

const never = new AbortController().signal;

/** Work that the test ends. */
class Works {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();
  readonly turns: Turns<number>;

  constructor(total: number, perUid: number) {
    this.turns = new Turns({ total, each: perUid });
  }

  start(name: string, uid: number, signal = never): Promise<string> {
    return this.turns.run(uid, signal, async () => {
      this.begun.push(name);
      const done = Promise.withResolvers<void>();
      this.#ends.set(name, done.resolve);
      await done.promise;
      return name;
    });
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('turns', () => {
  it('are taken at once while there are any, and no more by one user than are his', async () => {
    const works = new Works(3, 2);
    const all = ['a1', 'a2', 'a3', 'b1', 'c1'].map((name) => works.start(name, name.charCodeAt(0)));
    assert.deepEqual(works.begun, ['a1', 'a2', 'b1']);
    for (const name of ['a1', 'b1', 'a2', 'a3', 'c1']) await works.end(name);
    assert.deepEqual(await Promise.all(all), ['a1', 'a2', 'a3', 'b1', 'c1']);
  });

  it('go round between users, whoever came with more', async () => {
    const works = new Works(1, 1);
    const names = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'];
    const all = names.map((name) => works.start(name, name.charCodeAt(0)));
    const order = ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'];
    for (const name of order) await works.end(name);
    assert.deepEqual(works.begun, order);
    await Promise.all(all);
  });

  it('are not held by who gave up, nor by work that failed', async () => {
    const works = new Works(1, 1);
    const first = works.start('a1', 1);
    const given = new AbortController();
    const impatient = works.start('a2', 1, given.signal);
    const last = works.start('b1', 2);
    given.abort(new Error('no more'));
    await assert.rejects(impatient, /no more/);
    await works.end('a1');
    await works.end('b1');
    assert.deepEqual(await Promise.all([first, last]), ['a1', 'b1']);
    await assert.rejects(
      works.turns.run(1, never, async () => {
        throw new Error('failed');
      }),
      /failed/,
    );
    assert.equal(await works.turns.run(1, never, async () => 'free'), 'free');
    await assert.rejects(
      works.turns.run(1, AbortSignal.abort(new Error('late')), async () => ''),
      /late/,
    );
  });
});
