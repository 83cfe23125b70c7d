/** Strikes a server while it keeps something: a crash, or a failure that it survives. Used by crash-points. */
import assert from 'node:assert/strict';
import { type CaServer, type CaServerOptions, type CaTestbed, HOUR_MS } from './ca-testbed.ts';

/** Where it strikes: at the n-th thing that is kept (a key, a journal, a bundle), before it is or just after. */
export interface Strike {
  readonly effect: number;
  readonly moment: 'before' | 'after';
  /** A crash ends the process; a failure (a lost connection) is an error that the process survives. */
  readonly kind: 'crash' | 'failure';
}

const KEEPING = new Set(['generateKey', 'importKey', 'save', 'append', 'taint', 'revoke']);

export class Striker {
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

/** Starts the server again until the striker lets it. */
export async function startUntilUp(
  bed: CaTestbed,
  striker: Striker,
  options: CaServerOptions = {},
): Promise<CaServer> {
  for (let tries = 0; tries < 20; tries++) {
    striker.isDown = false;
    const keyManager = striker.around(bed.keyManager);
    const journals = striker.around(bed.journals);
    const bundles = striker.around(bed.bundles);
    try {
      return await bed.start({ keyManager, journals, bundles, checkMs: HOUR_MS / 2, ...options });
    } catch (error) {
      assert.match(String(error), /crash|failure/);
    }
  }
  return assert.fail('the server does not come up');
}
