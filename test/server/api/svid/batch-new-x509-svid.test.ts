import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NewX509SVIDParams } from '../../../../proto/gen/spire/api/server/svid/v1/NewX509SVIDParams.ts';
import { Code, CodedError } from '../../../../shared/errors.ts';
import { verifyX509Svid } from '../../../../shared/svid/x509-svid.ts';
import { testKey } from '../../../fakes/server-under-test.ts';
import { signingSuite } from './signing-suite.ts';

describe('BatchNewX509SVID', () => {
  const suite = signingSuite();
  const { clock, create, datastore } = suite;
  const sign = async (...params: readonly NewX509SVIDParams[]) =>
    (await suite.agent.svid.unary('BatchNewX509SVID', { params: [...params] })).results;
  const csr = async (): Promise<Uint8Array> => (await testKey()).csr();

  it('signs for the key of the CSR with what the entry says', async () => {
    const entry_id = await create('web', {
      dns_names: ['web.example', 'www.example'],
      x509_svid_ttl: 300,
      hint: 'h',
    });
    const key = await testKey();
    const [result] = await sign({ entry_id, csr: await key.csr() });
    assert.deepEqual(result?.status, { code: 0, message: 'OK' });
    const bundle = await suite.server.admin.bundle.unary('GetBundle', {});
    const svid = verifyX509Svid({
      chain: (result?.svid?.cert_chain ?? []).map((der) => new Uint8Array(der)),
      authorities: () => bundle.x509_authorities.map(({ asn1 }) => new Uint8Array(asn1)),
      at: clock.now(),
    });
    assert.equal(svid.id.toString(), 'spiffe://example.org/web');
    assert.deepEqual(svid.certificates[0]?.publicKey, key.signer.publicKey);
    assert.deepEqual(svid.certificates[0]?.dnsSans, ['web.example', 'www.example']);
    assert.equal(svid.expiresAt.getTime(), clock.now().getTime() + 300_000);
    assert.equal(result?.svid?.hint, 'h');
  });

  it('decides each item by itself, in order', async () => {
    const entry_id = await create('each');
    const good = await csr();
    const results = await sign(
      { entry_id: 'none', csr: good },
      { entry_id, csr: Buffer.from('no csr') },
      { csr: good },
      { entry_id },
      { entry_id, csr: good },
    );
    assert.deepEqual(
      results.map(({ status }) => [status?.code, status?.message.split(':')[0]]),
      [
        [Code.notFound, 'entry not found or not authorized'],
        [Code.invalidArgument, 'malformed CSR'],
        [Code.invalidArgument, 'missing entry ID'],
        [Code.invalidArgument, 'missing CSR'],
        [0, 'OK'],
      ],
    );
  });

  it('does not tell entries of others from entries that do not exist', async () => {
    await create('foreign', {
      parent_id: { trust_domain: 'example.org', path: '/spire/agent/join_token/other' },
    });
    const [foreign, none] = await sign(
      { entry_id: 'foreign', csr: await csr() },
      { entry_id: 'none', csr: await csr() },
    );
    assert.deepEqual(foreign?.status, none?.status);
  });

  it('refuses a CSR that its key did not sign', async () => {
    const bytes = await csr();
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const [result] = await sign({ entry_id: await create('forged'), csr: bytes });
    assert.equal(result?.status?.code, Code.invalidArgument);
    assert.match(result?.status?.message ?? '', /^invalid CSR signature: /);
    assert.equal(result?.svid, null);
  });

  it('knows an entry that was written through another server a moment ago', async () => {
    await create('template');
    const template = datastore.entries.feed.items.get('template');
    assert.ok(template !== undefined);
    datastore.entries.feed.put('late', { ...template, id: 'late' }); // without a hint
    const [result] = await sign({ entry_id: 'late', csr: await csr() });
    assert.equal(result?.status?.code, 0);
  });

  it('signs nothing when it cannot tell whether entries are still there', async () => {
    const entry_id = await create('stale');
    const away = new CodedError(Code.unavailable, 'away', { reason: 'DATABASE_UNAVAILABLE' });
    datastore.entries.feed.failure = away;
    assert.equal((await sign({ entry_id, csr: await csr() }))[0]?.status?.code, 0);
    await clock.advance(6_000);
    await assert.rejects(sign({ entry_id, csr: await csr() }), { code: Code.unavailable });
    datastore.entries.feed.failure = undefined;
    assert.equal((await sign({ entry_id, csr: await csr() }))[0]?.status?.code, 0);
  });

  it('takes 500 at once and no more', async () => {
    const entry_id = await create('burst');
    const params = Array.from({ length: 501 }, () => ({ entry_id, csr: Buffer.from('x') }));
    await assert.rejects(sign(...params), {
      code: Code.resourceExhausted,
      message: 'rate (501) exceeds burst size (500)',
    });
    await clock.advance(1_000);
    assert.equal((await sign(...params.slice(1))).length, 500);
  });
});
