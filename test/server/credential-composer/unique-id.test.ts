import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { makeCredentialComposers } from '../../../server/credential-composer/registry.ts';
import { uniqueId } from '../../../server/credential-composer/unique-id.ts';
import { distinguishedName, withAttribute } from '../../../shared/crypto/names.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { CaTestbed, publicKey, svidRequest } from '../ca/ca-testbed.ts';

/** `printf spiffe://example.org/web | sha256sum`, its first half. */
const WEB = '5435ad736577b1c6010684ba059e1171';
const subjectOf = ([leaf]: readonly Uint8Array[]): string | undefined =>
  new X509Certificate(leaf ?? new Uint8Array()).subject;

describe('the credential composer uniqueid', async () => {
  const bed = new CaTestbed();
  const server = await bed.start({ composers: makeCredentialComposers(['uniqueid']) });
  await server.stop();

  test('ends the subject of a workload with half the hash of its SPIFFE ID', async () => {
    const { chain } = await server.ca.signX509Svid(svidRequest);
    assert.equal(subjectOf(chain), `C=US\nO=SPIRE\nx500UniqueIdentifier=${WEB}`);
  });

  test('comes after the common name, and in place of one that was asked for', async () => {
    const asked = withAttribute(
      distinguishedName({ organization: ['Acme'] }),
      Oid.x500UniqueIdentifier,
      'another',
    );
    const { chain } = await server.ca.signX509Svid({ ...svidRequest, subject: asked, dnsNames: ['web'] });
    assert.equal(subjectOf(chain), `O=Acme\nCN=web\nx500UniqueIdentifier=${WEB}`);
  });

  test('leaves agents and the server itself alone', async () => {
    const { ca } = server;
    assert.equal(subjectOf((await ca.signAgentSvid(svidRequest)).chain), 'C=US\nO=SPIRE');
    const own = { publicKey, spiffeId: svidRequest.spiffeId, dnsNames: [], ttlSeconds: 0 };
    assert.equal(subjectOf((await ca.signServerSvid(own)).chain), 'C=US\nO=SPIRE');
  });

  test('gives each SPIFFE ID another identifier, of printable text', () => {
    const subject = distinguishedName({});
    const of = (id: string): string =>
      Buffer.from(uniqueId.workloadSubject(subject, SpiffeId.parse(id))).toString('latin1');
    assert.match(of('spiffe://example.org/web'), new RegExp(`\\x06\\x03\\x55\\x04\\x2d\\x13\\x20${WEB}$`));
    assert.notEqual(of('spiffe://example.org/web'), of('spiffe://example.org/webb'));
  });
});
