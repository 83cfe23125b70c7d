/** LocalAuthorityImport: who may bring a CA, what is answered, and that its key is told nowhere. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { importX509Authority } from '../../../../server/api/localauthority/import-x509-authority.ts';
import type { CallContext } from '../../../../server/api/gate/context.ts';
import type { CaAuthority } from '../../../../server/ca/authorities.ts';
import { toBase64, toHex } from '../../../../shared/bytes.ts';
import { buildCsr } from '../../../../shared/crypto/csr.ts';
import { Code } from '../../../../shared/errors.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { testDatabase } from '../../../fakes/database.ts';
import { Endings } from '../../../fakes/endings.ts';
import { identityOf, type RunningServer, startServer, testKey } from '../../../fakes/server-under-test.ts';
import { ownCas, brought, keyOf } from '../../ca/own-ca.ts';
import { type CorporateCa, keyIdOf, UpstreamFiles } from '../../upstream-authority/corporate-ca.ts';
import { hashOf } from '../gate/audit-rows.ts';

const { root, middle, issuing } = await ownCas();
const BOSS = 'spiffe://example.org/boss';

function requestOf(ca: CorporateCa, ...above: readonly CorporateCa[]) {
  const { certificates, privateKey } = brought(ca, ...above);
  return { certificates: [...certificates], private_key: Buffer.from(privateKey) };
}

describe('the LocalAuthorityImport API', () => {
  const endings = new Endings();
  const clock = new FakeClock();
  let server: RunningServer;
  before(async () => {
    const datastore = await (await testDatabase(endings)).open({ clock });
    const config = { auditLogEnabled: true, adminIds: [SpiffeId.parse(BOSS)] };
    server = await startServer(endings, { datastore, clock, config });
  });
  after(() => endings.end());

  const slots = () => server.admin.localAuthority.unary('GetX509AuthorityState', {});
  const audited = () =>
    server.log.lines.map(({ fields }) => fields).filter(({ method }) => method === 'ImportX509Authority');
  const expiresAt = String(root.certificate.notAfter.getTime() / 1_000);

  it('refuses what cannot be signed with, and changes nothing', async () => {
    const held = await slots();
    const { certificates, private_key } = requestOf(root);
    for (const [request, message] of [
      [{}, 'there is no certificate'],
      [{ certificates }, 'there is no private key'],
      [{ certificates, private_key: Buffer.of(0x30, 0) }, 'private key is not valid PKCS#8'],
      [{ ...requestOf(issuing), private_key }, /^CA certificate is not self-signed, and there is no root/],
    ] as const)
      await assert.rejects(server.admin.imports.unary('ImportX509Authority', request), {
        code: Code.invalidArgument,
        message,
      });
    assert.deepEqual(await slots(), held);
  });

  it('makes a CA the prepared authority, in the bundle at once', async () => {
    const held = await slots();
    const answer = await server.admin.imports.unary('ImportX509Authority', requestOf(root));
    const authority = {
      authority_id: keyIdOf(root),
      expires_at: expiresAt,
      upstream_authority_subject_key_id: '',
    };
    assert.deepEqual(answer, {
      authority,
      is_active: false,
      followed_after: String(Number(expiresAt) - 7 * 86_400 - 8 * 3_600),
    });
    assert.deepEqual(await slots(), { ...held, prepared: authority });
    const { x509_authorities: roots } = await server.admin.bundle.unary('GetBundle', {});
    assert.ok(roots.some(({ asn1 }) => toHex(asn1) === toHex(root.certificate.raw)));
  });

  it('makes it the active one where that is asked for', async () => {
    const { active: before } = await slots();
    const request = { ...requestOf(issuing, middle, root), activate: true };
    const { authority, is_active } = await server.admin.imports.unary('ImportX509Authority', request);
    assert.deepEqual(
      [authority?.authority_id, authority?.upstream_authority_subject_key_id, is_active],
      [keyIdOf(issuing), keyIdOf(root), true],
    );
    assert.deepEqual(await slots(), { active: authority, prepared: null, old: before });
    await assert.rejects(server.admin.imports.unary('ImportX509Authority', request), {
      code: Code.failedPrecondition,
      message: 'CA cannot be imported: it is the active authority already',
    });
  });

  it('tells the audit log which CA it was, and nobody its key', () => {
    assert.deepEqual(
      audited()
        .slice(-3)
        .map(({ certificate_sha256, activate, authority_id, status }) => [
          certificate_sha256,
          activate,
          authority_id,
          status,
        ]),
      [
        [hashOf(root.certificate.raw), false, keyIdOf(root), 'success'],
        [hashOf(issuing.certificate.raw), true, keyIdOf(issuing), 'success'],
        [hashOf(issuing.certificate.raw), true, undefined, 'error'],
      ],
    );
    const logged = JSON.stringify(server.log.lines);
    for (const ca of [root, issuing])
      for (const part of [keyOf(ca), keyOf(ca).subarray(36, 68)])
        for (const text of [toHex(part), toBase64(part), [...part].join()]) assert.ok(!logged.includes(text));
  });

  it('is on the admin socket alone, for administrators alone', async () => {
    const key = await testKey();
    const csr = await buildCsr(key.signer, { spiffeId: SpiffeId.parse(BOSS) });
    const { svid } = await server.admin.svid.unary('MintX509SVID', { csr });
    const remote = server.connect(identityOf(key, svid?.cert_chain ?? []));
    await remote.agent.unary('CountAgents', {});
    await assert.rejects(remote.imports.unary('ImportX509Authority', requestOf(root)), {
      code: Code.unimplemented,
    });
    const bearers = { spiffeIds: [SpiffeId.parse(BOSS)], unixUsers: [process.getuid?.() ?? 0] };
    for (const kind of ['viewer', 'operator'] as const) {
      server.takeRoles([{ kind, name: kind, ...bearers }]);
      await assert.rejects(server.admin.imports.unary('ImportX509Authority', requestOf(root)), {
        code: Code.permissionDenied,
      });
    }
    server.takeRoles([{ kind: 'admin', name: 'boss', ...bearers }]);
    await assert.rejects(remote.imports.unary('ImportX509Authority', requestOf(root)), {
      code: Code.unimplemented,
    });
    await server.admin.imports.unary('ImportX509Authority', requestOf(root));
    server.takeRoles([]);
  });

  it('refuses below an UpstreamAuthority, and says why', async () => {
    const datastore = await (await testDatabase(endings)).open({ clock });
    const config = {
      upstreamAuthority: { kind: 'disk', ...new UpstreamFiles(endings).writeRoot(root) } as const,
    };
    const below = await startServer(endings, { datastore, clock, config });
    await assert.rejects(below.admin.imports.unary('ImportX509Authority', requestOf(issuing, middle, root)), {
      code: Code.failedPrecondition,
      message:
        'CA cannot be imported: an UpstreamAuthority is configured, which signs every CA certificate of this server: remove it from the configuration and restart, then import',
    });
  });
});

it('an import wipes the key when it is done with it, also where it is refused', async () => {
  const authority = { authorityId: 'aa', status: 'PREPARED', expiresAt: new Date(0) } as CaAuthority;
  for (const deed of [
    async () => ({ authority, followedAfter: new Date(0) }),
    () => Promise.reject(new Error('no')),
  ]) {
    const private_key = Buffer.from(keyOf(root));
    const handler = importX509Authority({ import: deed });
    assert.equal(handler.kind, 'unary');
    const request = { certificates: [], private_key, activate: false };
    const context: Pick<CallContext, 'trail'> = { trail: { add: () => {}, item: () => {} } };
    await handler.handle(request as never, context as CallContext).catch(() => {});
    assert.ok(private_key.every((byte) => byte === 0));
  }
});
