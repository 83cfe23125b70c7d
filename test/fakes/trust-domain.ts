/**
 * A trust domain in small: an authority that can be exchanged, and workloads that get their SVIDs from it over a Workload
 * API of their own. Used by the tests of the client library, which see what a workload sees.
 */
import type { X509SVIDResponse } from '../../proto/gen/X509SVIDResponse.ts';
import type { Clock } from '../../shared/clock.ts';
import { SpiffeId, X509Source } from '../../shared/client/index.ts';
import { systemClock } from '../../shared/clock.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import type { CodedError } from '../../shared/errors.ts';
import { type Entity, makeLeaf, makeRoot } from '../shared/crypto/pki.ts';
import { FakeWorkloadApi } from './workload-api-server.ts';

const HOUR_MS = 3_600_000;

interface Options {
  readonly name?: string;
  readonly clock?: Clock;
}

export class FakeTrustDomain {
  readonly clock: Clock;
  readonly #id: string;
  readonly #workloads: FakeWorkload[] = [];
  #serial = 1;
  /** The last one signs. */
  authorities: readonly Entity[] = [];

  private constructor({ name = 'example.org', clock = systemClock }: Options) {
    this.clock = clock;
    this.#id = `spiffe://${name}`;
  }

  static async make(options: Options = {}): Promise<FakeTrustDomain> {
    const made = new FakeTrustDomain(options);
    made.authorities = [await made.makeAuthority()];
    return made;
  }

  makeAuthority(): Promise<Entity> {
    return makeRoot({ ...this.#validity(24 * HOUR_MS), uriSans: [this.#id] });
  }

  #validity(ms: number): { readonly notBefore: Date; readonly notAfter: Date } {
    const now = this.clock.now().getTime();
    return { notBefore: new Date(now - HOUR_MS), notAfter: new Date(now + ms) };
  }

  /** A workload that has its first SVID. Stopped with the trust domain. */
  async workload(path: string): Promise<FakeWorkload> {
    const workload = await FakeWorkload.start(this, SpiffeId.parse(`${this.#id}${path}`));
    this.#workloads.push(workload);
    return workload;
  }

  /** What the Workload API says to a workload of this ID: a new SVID that is good for an hour, and the bundle of now. */
  async issue(id: string, bundle: readonly Entity[] = this.authorities): Promise<X509SVIDResponse> {
    const authority = this.authorities.at(-1);
    if (authority === undefined) throw new Error('there is no authority');
    const { privateKey, publicKey } = await generateKeyPair('ec-p256');
    this.#serial += 1;
    const serialNumber = Uint8Array.of(1, this.#serial >> 8, this.#serial & 0xff);
    const leaf = await makeLeaf(authority, {
      publicKey,
      uriSans: [id],
      serialNumber,
      ...this.#validity(HOUR_MS),
    });
    return {
      svids: [
        {
          spiffe_id: id,
          x509_svid: Buffer.from(leaf.certificate.raw),
          x509_svid_key: Buffer.from(privateKeyToPkcs8(privateKey)),
          bundle: Buffer.concat(bundle.map(({ certificate }) => certificate.raw)),
        },
      ],
    };
  }

  /** As a server does it: the new authority is published, then it signs, then the old one is forgotten. */
  async rotateAuthority(between: () => Promise<void>): Promise<void> {
    const next = await this.makeAuthority();
    const [old] = this.authorities;
    if (old === undefined) throw new Error('there is no authority');
    for (const authorities of [[next, old], [old, next], [next]]) {
      this.authorities = authorities;
      for (const workload of this.#workloads) await workload.renew();
      await between();
    }
  }

  async stop(): Promise<void> {
    for (const workload of this.#workloads) await workload.stop();
  }
}

export class FakeWorkload {
  readonly id: SpiffeId;
  readonly source: X509Source;
  readonly #home: FakeTrustDomain;
  readonly #api: FakeWorkloadApi;

  private constructor(
    home: FakeTrustDomain,
    id: SpiffeId,
    { api, source }: { api: FakeWorkloadApi; source: X509Source },
  ) {
    this.#home = home;
    this.id = id;
    this.#api = api;
    this.source = source;
  }

  static async start(home: FakeTrustDomain, id: SpiffeId): Promise<FakeWorkload> {
    const api = new FakeWorkloadApi();
    await api.start();
    api.set({ response: await home.issue(id.toString()) });
    const source = await X509Source.create({ address: api.address, clock: home.clock });
    return new FakeWorkload(home, id, { api, source });
  }

  get serialNumber(): string {
    return this.source.identity().svid.serialNumber;
  }

  /** Resolves when the source has the new SVID, and this bundle. */
  async renew(bundle?: readonly Entity[]): Promise<void> {
    const response = await this.#home.issue(this.id.toString(), bundle);
    await this.#after(() => this.#api.set({ response }));
  }

  /** Resolves when the source has been told. */
  lose(error: CodedError): Promise<void> {
    return this.#after(() => this.#api.set({ error }));
  }

  /** How many subscribe to the source from now on and do not stop. */
  countFollowers(): () => number {
    let count = 0;
    const onUpdate = this.source.onUpdate.bind(this.source);
    this.source.onUpdate = (listener) => {
      const stop = onUpdate(listener);
      count += 1;
      return () => {
        stop();
        count -= 1;
      };
    };
    return () => count;
  }

  #after(deed: () => void): Promise<void> {
    const updated = new Promise<void>((resolve) => {
      const stop = this.source.onUpdate(() => {
        stop();
        resolve();
      });
    });
    deed();
    return updated;
  }

  async stop(): Promise<void> {
    this.source.close();
    await this.#api.stop();
  }
}
