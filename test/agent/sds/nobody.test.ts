import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { Nobody } from '../../../agent/sds/nobody.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeRandom } from '../../fakes/random.ts';

test('nobody is a CA that Envoy takes as a root, and another one for each agent', async () => {
  const [one, other] = [new Nobody(), new Nobody()];
  for (const nobody of [one, other]) await nobody.make(new FakeClock(), new FakeRandom());
  const certificate = new X509Certificate(one.certificate);
  assert.equal(certificate.ca, true);
  assert.equal(certificate.subject, 'CN=nobody');
  assert.ok(certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey));
  assert.equal(certificate.subjectAltName, undefined);
  assert.equal(certificate.validToDate.getUTCFullYear(), 9999);
  assert.equal(new X509Certificate(other.certificate).verify(certificate.publicKey), false);
});

test('nobody is not there before he is made', () => {
  assert.throws(() => new Nobody().certificate, /has not been made/);
});
