/** Watches a CA and its bundle from outside, and fails when something is seen that must never be. */
import assert from 'node:assert/strict';
import { toHex } from '../../../shared/bytes.ts';
import { type CaServer, type CaTestbed, HOUR_MS, svidRequest } from './ca-testbed.ts';

const KNOWN_AHEAD_MS = 5 * HOUR_MS; // of the 8 h between preparing and activating a 24 h authority, less a look's interval

export class CaObserver {
  readonly #bed: CaTestbed;
  readonly #publishedAt = new Map<string, Date>();
  readonly #activeOf = new Map<string, string>();
  #svids: { readonly issuer: string; readonly expiresAt: Date }[] = [];
  largestBundle = 0;
  activations = 0;

  constructor(bed: CaTestbed) {
    this.#bed = bed;
  }

  /** Looks at the servers, by name, and has each sign an SVID. */
  async look(servers: Readonly<Record<string, CaServer>>, ttlSeconds = 3 * 3_600): Promise<void> {
    await this.#lookAtBundle();
    for (const [name, server] of Object.entries(servers)) {
      this.#lookAtStates(server);
      this.#lookAtActivation(name, server);
      const svid = await server.ca.signX509Svid({ ...svidRequest, ttlSeconds });
      const issuer = await this.#bed.issuerOf(svid);
      assert.ok(issuer !== undefined, `${name} signs what the bundle does not trust`);
      this.#svids.push({ issuer: toHex(issuer), expiresAt: svid.expiresAt });
    }
    await this.#lookAtSvids();
  }

  async #lookAtBundle(): Promise<void> {
    const authorities = await this.#bed.authorities();
    this.largestBundle = Math.max(this.largestBundle, authorities.length);
    for (const { certificate } of authorities) {
      const key = toHex(certificate);
      if (!this.#publishedAt.has(key)) this.#publishedAt.set(key, this.#bed.clock.now());
    }
  }

  #lookAtStates({ x509 }: CaServer): void {
    const { active, prepared, old } = x509.state();
    const held = [active, prepared, old].filter((one) => one !== undefined);
    assert.deepEqual(
      held.map(({ status }) => status),
      ['ACTIVE', prepared && 'PREPARED', old && 'OLD'].filter(Boolean),
    );
    assert.equal(new Set(held.map(({ slot }) => slot)).size, held.length);
  }

  /** A successor signs only after everybody had time to learn of it. */
  #lookAtActivation(name: string, { x509 }: CaServer): void {
    const { active } = x509.state();
    const key = toHex(active.certificate.raw);
    const publishedAt = this.#publishedAt.get(toHex(active.upstream?.roots[0] ?? active.certificate.raw));
    assert.ok(publishedAt !== undefined, `${name}: the active authority is not in the bundle`);
    const before = this.#activeOf.get(name);
    if (before !== undefined && before !== key) {
      this.activations++;
      const knownMs = this.#bed.clock.now().getTime() - publishedAt.getTime();
      assert.ok(knownMs >= KNOWN_AHEAD_MS, `${name}: active ${knownMs} ms after it was published`);
    }
    this.#activeOf.set(name, key);
  }

  /** What was signed stays valid to its end, whatever happened since. */
  async #lookAtSvids(): Promise<void> {
    const now = this.#bed.clock.now();
    this.#svids = this.#svids.filter(({ expiresAt }) => now < expiresAt);
    const trusted = new Set((await this.#bed.authorities()).map(({ certificate }) => toHex(certificate)));
    assert.ok(
      this.#svids.every(({ issuer }) => trusted.has(issuer)),
      'an SVID has outlived its authority in the bundle',
    );
  }
}
