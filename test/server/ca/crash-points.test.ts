import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseJournal } from '../../../server/ca/journal.ts';
import { toHex } from '../../../shared/bytes.ts';
import { CaObserver } from './ca-observer.ts';
import { type CaServer, CaTestbed, HOUR_MS, trustDomain } from './ca-testbed.ts';
import { TokenObserver } from './token-observer.ts';

/** Where it strikes: at the n-th thing that is kept (a key, a journal, a bundle), before it is or just after. */
interface Strike {
  readonly effect: number;
  readonly moment: 'before' | 'after';
  /** A crash ends the process; a failure (a lost connection) is an error that the process survives. */
  readonly kind: 'crash' | 'failure';
}

const KEEPING = new Set(['generateKey', 'save', 'append']);

class Striker {
  readonly #strikes: Strike[];
  #effects = 0;
  isDown = false;

  constructor(strikes: readonly Strike[]) {
    this.#strikes = [...strikes];
  }

  get effects(): number {
    return this.#effects;
  }

  /** The store, with every call under the striker's eye; a crashed process calls nothing. */
  around<Store extends object>(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          if (this.isDown) throw new Error('crashed');
          if (!KEEPING.has(String(name))) return Reflect.apply(method, target, args);
          const strike = this.#next();
          if (strike?.moment === 'before') this.#hit(strike);
          const result = await Reflect.apply(method, target, args);
          if (strike?.moment === 'after') this.#hit(strike);
          return result;
        };
      },
    });
  }

  #next(): Strike | undefined {
    this.#effects++;
    const [first] = this.#strikes;
    if (first?.effect !== this.#effects) return undefined;
    return this.#strikes.shift();
  }

  #hit({ kind, moment, effect }: Strike): never {
    this.isDown = kind === 'crash';
    throw new Error(`${kind} ${moment} effect ${effect}`);
  }
}

async function startUntilUp(bed: CaTestbed, striker: Striker): Promise<CaServer> {
  for (let tries = 0; tries < 20; tries++) {
    striker.isDown = false;
    const keyManager = striker.around(bed.keyManager);
    const journals = striker.around(bed.journals);
    const bundles = striker.around(bed.bundles);
    try {
      return await bed.start({ keyManager, journals, bundles, checkMs: HOUR_MS / 2 });
    } catch (error) {
      assert.match(String(error), /crash|failure/);
    }
  }
  return assert.fail('the server does not come up');
}

async function published(bed: CaTestbed): Promise<readonly string[]> {
  const bundle = await bed.bundles.find(trustDomain);
  const certificates = bundle?.x509Authorities.map(({ certificate }) => toHex(certificate)) ?? [];
  return [...certificates, ...(bundle?.jwtAuthorities.map(({ keyId }) => keyId) ?? [])];
}

/** Runs a server for two days, restarting it whenever it is struck down, and has it watched. */
async function live(strikes: readonly Strike[]): Promise<number> {
  const bed = new CaTestbed();
  const striker = new Striker(strikes);
  const observer = new CaObserver(bed);
  const tokens = new TokenObserver(bed);
  const journaled = new Set<string>();
  const save = bed.journals.save.bind(bed.journals);
  bed.journals.save = async (record) => {
    const { x509, jwt } = parseJournal(record.content);
    for (const { certificate } of x509) journaled.add(toHex(certificate));
    for (const { keyId } of jwt) journaled.add(keyId);
    return save(record);
  };

  let server = await startUntilUp(bed, striker);
  for (let hour = 0; hour < 48; hour += 2) {
    await observer.look({ server });
    await tokens.look('jwt', { server });
    for (const name of await published(bed)) {
      assert.ok(journaled.has(name), 'the bundle holds what no journal knows');
    }
    await bed.clock.advance(2 * HOUR_MS);
    if (striker.isDown) {
      await server.stop();
      server = await startUntilUp(bed, striker);
    }
  }
  await server.stop();
  assert.ok(observer.activations >= 2, `${observer.activations} activations`);
  assert.ok(tokens.activations >= 2, `${tokens.activations} activations of JWT keys`);
  assert.equal(bed.journals.records.filter(({ expiresAt }) => expiresAt > bed.clock.now()).length, 1);
  return striker.effects;
}

describe('a server struck while it keeps something', async () => {
  const effects = await live([]);

  test('is struck at every step of two days', () => {
    assert.ok(effects >= 28, `${effects} effects`);
  });

  for (const kind of ['crash', 'failure'] as const) {
    for (const moment of ['before', 'after'] as const) {
      test(`goes on after a ${kind} ${moment} any of its steps`, async () => {
        for (let effect = 1; effect <= effects; effect++) {
          await live([{ effect, moment, kind }]).catch((error: unknown) => {
            throw new Error(`${kind} ${moment} effect ${effect}: ${String(error)}`, { cause: error });
          });
        }
      });
    }
  }

  test('goes on after any series of crashes and failures', async () => {
    const strike = fc.record({
      gap: fc.integer({ min: 1, max: 6 }),
      moment: fc.constantFrom('before' as const, 'after' as const),
      kind: fc.constantFrom('crash' as const, 'failure' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(strike, { maxLength: 8 }), async (series) => {
        let effect = 0;
        await live(series.map(({ gap, ...rest }) => ({ ...rest, effect: (effect += gap) })));
      }),
      { numRuns: 20 },
    );
  });
});
