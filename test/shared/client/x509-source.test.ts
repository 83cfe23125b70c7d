/** Sources and clients whose Workload API answers nonsense, late, or not at all. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkloadApiClient, type X509Context, X509Source } from '../../../shared/client/index.ts';
import type { X509SVIDResponse } from '../../../proto/gen/X509SVIDResponse.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { invalidArgument, unavailable } from '../../../shared/errors.ts';
import { FakeWorkloadApi } from '../../fakes/workload-api-server.ts';
import { makeLeaf, makeRoot } from '../crypto/pki.ts';

async function makeResponse(): Promise<X509SVIDResponse> {
  const root = await makeRoot();
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const leaf = await makeLeaf(root, { publicKey });
  return {
    svids: [
      {
        spiffe_id: 'spiffe://example.org/web',
        x509_svid: Buffer.from(leaf.certificate.raw),
        x509_svid_key: Buffer.from(privateKeyToPkcs8(privateKey)),
        bundle: Buffer.from(root.certificate.raw),
      },
    ],
  };
}

describe('X509Source', () => {
  const api = new FakeWorkloadApi();
  before(() => api.start());
  after(() => api.stop());

  it('discards messages that cannot be read, and goes on with the same stream', async () => {
    const good = await makeResponse();
    const [svid] = good.svids ?? [];
    const client = new WorkloadApiClient({ address: api.address });
    const stop = new AbortController();
    let next = Promise.withResolvers<string>();
    const watcher = {
      onUpdate: (context: X509Context) => next.resolve(`${context.identities.length} identities`),
      onError: (error: Error) => next.resolve(error.message),
    };
    const after = async (response: X509SVIDResponse): Promise<string> => {
      next = Promise.withResolvers();
      api.set({ response });
      return next.promise;
    };
    const streams = api.streams;
    api.set({ response: good });
    const watching = client.watchX509Context(watcher, stop.signal);
    assert.equal(await next.promise, '1 identities');
    assert.match(await after({ svids: [] }), /without an SVID/);
    assert.match(
      await after({ svids: [{ ...svid, x509_svid_key: Buffer.from('no key') }] }),
      /cannot be read/,
    );
    assert.match(await after({ svids: [{ ...svid, spiffe_id: 'spiffe://a.test/b' }] }), /spiffe_id differs/);
    assert.equal(await after(await makeResponse()), '1 identities');
    assert.equal(api.streams, streams + 1);
    stop.abort();
    await watching;
    client.close();
  });

  it('rejects at once with a signal that was aborted before', async () => {
    api.set({ error: unavailable('not yet') });
    const signal = AbortSignal.abort(new Error('too late'));
    await assert.rejects(X509Source.create({ address: api.address, signal }), /too late/);
  });

  it('rejects when the Workload API says that the call is wrong: to repeat it would not help', async () => {
    api.set({ error: invalidArgument('security header missing from request') });
    await assert.rejects(X509Source.create({ address: api.address }), /security header missing/);
  });
});
