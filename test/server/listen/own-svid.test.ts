import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { BundleCache } from '../../../server/bundle/bundle-cache.ts';
import { OwnSvid } from '../../../server/listen/own-svid.ts';
import { Code, unavailable } from '../../../shared/errors.ts';
import type { TlsIdentity } from '../../../shared/tls/listen.ts';
import { CaTestbed, trustDomain } from '../ca/ca-testbed.ts';

const MINUTE_MS = 60_000;

async function world() {
  const bed = new CaTestbed();
  const { ca, x509, stop } = await bed.start();
  const signing: { failure: Error | undefined } = { failure: undefined };
  const signServerSvid: typeof ca.signServerSvid = async (request) => {
    if (signing.failure !== undefined) throw signing.failure;
    return ca.signServerSvid(request);
  };
  const { bundles, clock, log, random } = bed;
  const bundle = new BundleCache({ bundles, clock, log, random, trustDomain });
  const own = new OwnSvid({ trustDomain, ca: { signServerSvid }, bundle, clock, log });
  const abort = new AbortController();
  await bundle.start(abort.signal);
  const end = async (): Promise<void> => {
    abort.abort(new Error('stopping'));
    await own.stop();
    await bundle.stop();
    await stop();
  };
  return { bed, own, x509, signing, start: () => own.start(abort.signal), end };
}

test('has the ID of the server and a key that fits', async () => {
  const { own, start, end } = await world();
  assert.throws(() => own.identity(), { code: Code.internal });
  await start();
  const certificate = new X509Certificate(own.identity().certificatePem);
  assert.equal(certificate.subjectAltName, 'URI:spiffe://example.org/spire/server');
  assert.ok(certificate.checkPrivateKey(own.identity().privateKey));
  await end();
});

test('rotates at half of its life, with a new key, and tells who listens', async () => {
  const { bed, own, start, end } = await world();
  await start();
  const told: TlsIdentity[] = [];
  own.onChange((identity) => told.push(identity));
  const first = own.identity();
  await bed.clock.advance(29 * MINUTE_MS);
  assert.equal(own.identity(), first);
  await bed.clock.advance(2 * MINUTE_MS);
  assert.ok(!own.identity().privateKey.equals(first.privateKey));
  assert.deepEqual(told, [own.identity()]);
  await end();
});

test('keeps what it has while the CA cannot sign, and tries again', async () => {
  const { bed, own, signing, start, end } = await world();
  await start();
  const first = own.identity();
  signing.failure = unavailable('no authority');
  await bed.clock.advance(40 * MINUTE_MS);
  assert.equal(own.identity(), first);
  assert.ok(
    bed.log.messages('warn').some((message) => message.startsWith('server SVID could not be rotated')),
  );
  signing.failure = undefined;
  await bed.clock.advance(5_000);
  assert.notEqual(own.identity(), first);
  await end();
});

test('does not start without an SVID', async () => {
  const { signing, start, end } = await world();
  signing.failure = unavailable('no authority');
  await assert.rejects(start(), { code: Code.unavailable });
  await end();
});

test('is made anew when the clock was set back to before it is valid', async () => {
  const { bed, own, start, end } = await world();
  bed.clock.jump(new Date(bed.clock.now().getTime() + 10 * MINUTE_MS));
  await start();
  const first = new X509Certificate(own.identity().certificatePem);
  await bed.clock.advance(0);
  bed.clock.jump(new Date(bed.clock.now().getTime() - 10 * MINUTE_MS));
  assert.ok(first.validFromDate > bed.clock.now());
  await bed.clock.advance(10_000);
  assert.ok(new X509Certificate(own.identity().certificatePem).validFromDate <= bed.clock.now());
  await end();
});

test('is made anew, once and at once, when its authority is tainted', async () => {
  const { bed, own, x509, start, end } = await world();
  await start();
  const told: TlsIdentity[] = [];
  own.onChange((identity) => told.push(identity));
  const { authorityId } = x509.state().active;
  await x509.prepare();
  await x509.activate();
  await bed.clock.advance(10_000);
  assert.deepEqual(told, [], 'an authority that took over is no reason');
  await bed.bundles.taint(trustDomain, { name: 'X.509', authorityId });
  await bed.clock.advance(0);
  assert.equal(told.length, 1);
  const { active } = x509.state();
  const signer = new X509Certificate(active.certificate.raw);
  assert.ok(new X509Certificate(own.identity().certificatePem).verify(signer.publicKey));
  await bed.clock.advance(60_000);
  assert.equal(told.length, 1);
  await end();
});
