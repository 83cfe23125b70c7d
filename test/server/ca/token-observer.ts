/** Watches the token keys of servers and their bundle from outside, and fails when something is seen that must never be. */
import assert from 'node:assert/strict';
import { activeTokenKeys } from '../../../server/ca/active-token-key.ts';
import type { TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { toHex } from '../../../shared/bytes.ts';
import { type CaServer, type CaTestbed, HOUR_MS, trustDomain } from './ca-testbed.ts';

const KNOWN_AHEAD_MS = 5 * HOUR_MS; // of the 8 h between preparing and activating a 24 h key, less a look's interval

export class TokenObserver {
  readonly #bed: CaTestbed;
  readonly #publishedAt = new Map<string, Date>();
  readonly #activeOf = new Map<string, string>();
  readonly #used = new Map<string, Date>();
  activations = 0;

  constructor(bed: CaTestbed) {
    this.#bed = bed;
  }

  /** Looks at the keys of this kind, by the name of their server. */
  async look(kind: 'jwt' | 'wit', servers: Readonly<Record<string, CaServer>>): Promise<void> {
    const bundle = await this.#bed.bundles.find(trustDomain);
    const held = (kind === 'jwt' ? bundle?.jwtAuthorities : bundle?.witAuthorities) ?? [];
    for (const { keyId } of held)
      if (!this.#publishedAt.has(keyId)) this.#publishedAt.set(keyId, this.#bed.clock.now());
    for (const [name, { authorities }] of Object.entries(servers)) {
      const keys = authorities[kind];
      assert.ok(keys !== undefined, `${name} has no ${kind} keys`);
      this.#lookAtKey(name, activeTokenKeys(keys, this.#bed.clock).activeKey(), held);
    }
    this.#lookAtUsed(held);
  }

  #lookAtKey(
    name: string,
    { keyId, signer, expiresAt }: ReturnType<ReturnType<typeof activeTokenKeys>['activeKey']>,
    held: readonly TokenAuthority[],
  ): void {
    const published = held.find((key) => key.keyId === keyId);
    assert.ok(published !== undefined, `${name} signs with a key that the bundle does not hold`);
    assert.equal(toHex(published.publicKey), toHex(signer.publicKey));
    assert.deepEqual(published.expiresAt, expiresAt);
    const before = this.#activeOf.get(name);
    if (before !== undefined && before !== keyId) {
      this.activations++;
      const knownMs = this.#bed.clock.now().getTime() - (this.#publishedAt.get(keyId)?.getTime() ?? 0);
      assert.ok(knownMs >= KNOWN_AHEAD_MS, `${name}: active ${knownMs} ms after it was published`);
    }
    this.#activeOf.set(name, keyId);
    this.#used.set(keyId, expiresAt);
  }

  /** A key that signed is in the bundle to its end. */
  #lookAtUsed(held: readonly TokenAuthority[]): void {
    const now = this.#bed.clock.now();
    for (const [keyId, expiresAt] of this.#used) {
      if (now >= expiresAt) this.#used.delete(keyId);
      else
        assert.ok(
          held.some((key) => key.keyId === keyId),
          'a key has left the bundle before its end',
        );
    }
  }
}
