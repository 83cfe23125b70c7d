/** Imports that are refused: nothing has changed then, and the server signs as before. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { ImportRequest } from '../../../server/ca/import-by-hand.ts';
import { DiskUpstreamAuthority } from '../../../server/upstream-authority/disk.ts';
import { Code } from '../../../shared/errors.ts';
import { Endings } from '../../fakes/endings.ts';
import { FakeKeyManager } from '../../fakes/key-manager.ts';
import { isRefusal } from '../../refusal.ts';
import { makeRoot, named } from '../../shared/crypto/pki.ts';
import {
  corporateIntermediate,
  corporateRoot,
  keyIdOf,
  UpstreamFiles,
} from '../upstream-authority/corporate-ca.ts';
import { type CaServer, CaTestbed, idOf, svidRequest, trustDomain } from './ca-testbed.ts';
import { activate, asked, bundleOf, byHand, keyOf, ownCas, prepare, slots } from './own-ca.ts';

const endings = new Endings();
after(() => endings.end());
const { root, middle, issuing } = await ownCas();

describe('an import is refused, and nothing has changed,', () => {
  const refused = async (
    [bed, server]: readonly [CaTestbed, CaServer],
    request: ImportRequest,
    [code, words]: readonly [Code, RegExp],
  ): Promise<void> => {
    const state = async () => [slots(server), await bundleOf(bed), await bed.keyManager.listKeys()];
    const before = await state();
    await assert.rejects(byHand(server).imports.import(request), isRefusal(code, words));
    assert.deepEqual(await state(), before);
    assert.equal(await bed.isTrusted(await server.ca.signX509Svid(svidRequest)), true);
  };
  const begin = async (): Promise<readonly [CaTestbed, CaServer]> => {
    const bed = new CaTestbed();
    return [bed, await bed.start()];
  };

  test('of what cannot be signed with', async () => {
    const [bed, server] = await begin();
    const request = { ...asked(true, root), privateKey: Uint8Array.of(0x30, 0) };
    await refused([bed, server], request, [Code.invalidArgument, /^private key is not valid PKCS#8$/]);
    await server.stop();
  });

  test('below an UpstreamAuthority', async () => {
    const bed = new CaTestbed();
    const config = new UpstreamFiles(endings).writeRoot(await corporateRoot('Upstream'));
    const upstreamAuthority = DiskUpstreamAuthority.open(config, { ...bed, trustDomain });
    const server = await bed.start({ upstreamAuthority });
    await refused([bed, server], asked(true, root), [
      Code.failedPrecondition,
      /^CA cannot be imported: an UpstreamAuthority is configured, which signs every CA certificate of this server: remove it from the configuration and restart, then import$/,
    ]);
    await server.stop();
  });

  test('of what signs now, and of what could not be told from it', async () => {
    const [bed, server] = await begin();
    await activate(server, root);
    await refused([bed, server], asked(true, root), [
      Code.failedPrecondition,
      /^CA cannot be imported: it is the active authority already$/,
    ]);
    const { certificate } = await makeRoot({
      issuer: root.signer,
      subject: named('Renewed'),
      issuerName: named('Renewed'),
      notAfter: root.certificate.notAfter,
    });
    const sameName = await corporateRoot('Impostor', {
      subjectKeyId: root.certificate.subjectKeyId ?? assert.fail(),
    });
    for (const ca of [{ ...root, certificate }, sameName])
      await refused([bed, server], asked(false, ca), [
        Code.failedPrecondition,
        /^CA cannot be imported: its key, or its subject key identifier, is the active authority's/,
      ]);
    await server.stop();
  });

  test('of a key that another server has, active or prepared', async () => {
    const [bed, server] = await begin();
    const another = await bed.start({ keyManager: new FakeKeyManager() });
    const words =
      /^CA cannot be imported: another server of this trust domain has this key in one of its slots: give each server a CA certificate and key of its own, below one root$/;
    await prepare(another, issuing, middle, root);
    await refused([bed, server], asked(true, issuing, middle, root), [Code.failedPrecondition, words]);
    const { x509 } = byHand(another);
    await x509.activate(keyIdOf(issuing));
    await refused([bed, server], asked(true, issuing, middle, root), [Code.failedPrecondition, words]);
    await activate(server, await corporateIntermediate(root, 'Acme Issuing 2'), root);
    for (const one of [server, another]) {
      assert.equal(await bed.isTrusted(await one.ca.signX509Svid(svidRequest)), true);
      await one.stop();
    }
  });

  test('to one of two servers at least, when both are given the same at one moment', async () => {
    const bed = new CaTestbed();
    const keyManagers = [new FakeKeyManager(), new FakeKeyManager()];
    const servers = await Promise.all(keyManagers.map((keyManager) => bed.start({ keyManager })));
    const { listLive } = bed.journals;
    const bothLook = Promise.withResolvers<void>();
    let looks = 0;
    bed.journals.listLive = async (at) => {
      const found = await listLive.call(bed.journals, at);
      if (++looks === 2) bothLook.resolve();
      if (looks <= 2) await bothLook.promise; // both have looked before either has it
      return found;
    };
    const outcomes = await Promise.allSettled(servers.map((server) => activate(server, root)));
    const holders = servers.filter(({ x509 }) =>
      x509.current.all.some(({ isImported }) => isImported === true),
    );
    assert.ok(holders.length < 2);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, holders.length);
    for (const [at, server] of servers.entries()) {
      const held = (await keyManagers[at]?.listKeys())?.some(({ signer }) =>
        signer.publicKey.every((byte, n) => byte === root.signer.publicKey[n]),
      );
      assert.equal(held, holders.includes(server), 'whoever gave it up has not kept its key');
      await server.stop();
    }
    const again = await Promise.all(keyManagers.map((keyManager) => bed.start({ keyManager })));
    assert.notEqual(idOf(again[0]?.x509 ?? assert.fail()), idOf(again[1]?.x509 ?? assert.fail()));
    for (const server of again) {
      assert.equal(await bed.isTrusted(await server.ca.signX509Svid(svidRequest)), true);
      await server.stop();
    }
  });

  test('leaves nothing by which a server that crashed takes up the journal of the one that got the CA instead', async () => {
    const [bed, crashed] = await begin();
    const first = idOf(crashed.x509);
    await crashed.stop();
    await bed.keyManager.importKey('x509-CA-B', keyOf(root)); // and nothing after it
    const keyManager = new FakeKeyManager();
    const another = await bed.start({ keyManager });
    await activate(another, root);
    const again = await bed.start();
    assert.deepEqual([idOf(again.x509), idOf(another.x509)], [first, keyIdOf(root)]);
    assert.equal(again.x509.current.all.length, 1);
    await another.stop();
    const restarted = await bed.start({ keyManager });
    assert.equal(idOf(restarted.x509), keyIdOf(root));
    for (const server of [again, restarted]) await server.stop();
  });

  test('when the key cannot be kept', async () => {
    const [bed, server] = await begin();
    bed.keyManager.failWith(new Error('no room for keys'));
    await refused([bed, server], asked(true, root), [
      Code.internal,
      /^failed to import X\.509 authority: no room for keys$/,
    ]);
    await server.stop();
  });

  test('when the bundle has no room', async () => {
    const [bed, server] = await begin();
    const { certificate } = root;
    const many = Array.from({ length: 499 }, (_, at) => ({
      certificate: Uint8Array.from([...certificate.raw.subarray(0, -2), at >> 8, at & 255]),
      tainted: false,
    }));
    await bed.bundles.append(trustDomain, { x509: many });
    await refused([bed, server], asked(true, root), [
      Code.resourceExhausted,
      /^the bundle holds 500 X\.509 authorities/,
    ]);
    await server.stop();
  });
});
