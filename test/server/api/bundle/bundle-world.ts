/** A server on a real database, and what tests of the Bundle API do with it. Used by the tests beside it. */
import assert from 'node:assert/strict';
import type { Bundle } from '../../../../proto/gen/spire/api/types/Bundle.ts';
import type { Datastore } from '../../../../server/datastore/open.ts';
import type { Code } from '../../../../shared/errors.ts';
import { TrustDomain } from '../../../../shared/spiffe/trust-domain.ts';
import { type Ending, testDatabase } from '../../../fakes/database.ts';
import {
  type Clients,
  type RunningServer,
  startServer,
  WIT_ENABLED,
} from '../../../fakes/server-under-test.ts';
import { type Authorities, makeAuthorities, wireBundle, wireKey } from '../../../fakes/wire-bundles.ts';
import { asIs } from '../../../fakes/paging.ts';

export const OK = { code: 0, message: 'OK' };
export const own = TrustDomain.parse('example.org');

export const refused = (deed: Promise<unknown>, code: Code, message: string | RegExp): Promise<void> =>
  assert.rejects(deed, { code, message });

interface Parts {
  readonly datastore: Datastore;
  readonly server: RunningServer;
  readonly authorities: Authorities;
}

export class BundleWorld {
  readonly datastore: Datastore;
  readonly server: RunningServer;
  /** On the admin socket. */
  readonly api: Clients['bundle'];
  readonly authorities: Authorities;

  private constructor({ datastore, server, authorities }: Parts) {
    this.datastore = datastore;
    this.server = server;
    this.api = server.admin.bundle;
    this.authorities = authorities;
  }

  static async open(t: Ending): Promise<BundleWorld> {
    const datastore = await (await testDatabase(t)).open();
    const server = await startServer(t, { datastore, config: { wit: WIT_ENABLED } });
    return new BundleWorld({ datastore, server, authorities: await makeAuthorities(2) });
  }

  /** Between tests. */
  async deleteForeign(): Promise<void> {
    const { federatedBundles } = this.datastore;
    const { items } = await federatedBundles.list(own, { pageSize: 0, pageToken: '' }, asIs);
    for (const { trustDomain } of items) await federatedBundles.delete(trustDomain, 'delete');
  }

  bundle(trustDomain: string, fields: Bundle = {}) {
    return wireBundle(trustDomain, this.authorities, fields);
  }

  /** A certificate of an authority. */
  get asn1(): Buffer {
    return this.authorities.certificates[0] ?? assert.fail('no authorities');
  }

  key(id: string, expiresAt?: string) {
    return wireKey(id, this.authorities.keys[0] ?? assert.fail('no authorities'), expiresAt);
  }

  otherKey(id: string) {
    return wireKey(id, this.authorities.keys[1] ?? assert.fail('no authorities'), '0');
  }

  get(trust_domain: string) {
    return this.api.unary('GetFederatedBundle', { trust_domain });
  }

  set(...names: readonly string[]) {
    return this.api.unary('BatchSetFederatedBundle', { bundle: names.map((name) => this.bundle(name)) });
  }

  async register(id: string, ...federates_with: string[]): Promise<void> {
    const wireId = (path: string) => ({ trust_domain: 'example.org', path });
    const entry = {
      id,
      spiffe_id: wireId(`/${id}`),
      parent_id: wireId('/node'),
      federates_with,
      selectors: [{ type: 'unix', value: 'uid:1' }],
    };
    const { results } = await this.server.admin.entry.unary('BatchCreateEntry', { entries: [entry] });
    assert.deepEqual(results[0]?.status, OK);
  }
}
