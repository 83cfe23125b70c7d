/** Every kind of client certificate over real TLS, against each class of RPCs. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import { type RunningServer, startServer } from '../../../fakes/server-under-test.ts';
import { framed, openTls, rawCall } from '../../../fuzz/raw-call.ts';
import { type Entity, NOW } from '../../../shared/crypto/pki.ts';
import { rows, type Verdicts } from './certificate-rows.ts';
import { ADMINISTRATORS, foreignRoot, NESTED, root, rsaRoot } from './certificates.ts';

/** One RPC of each class. */
const RPCS: Readonly<Record<keyof Verdicts, string>> = {
  anybody: '/spire.api.server.bundle.v1.Bundle/GetBundle',
  agent: '/spire.api.server.entry.v1.Entry/GetAuthorizedEntries',
  downstream: '/spire.api.server.bundle.v1.Bundle/PublishJWTAuthority',
  administrator: '/spire.api.server.entry.v1.Entry/CountEntries',
};
/** On the admin socket alone: over TLS there is no such RPC, whoever asks. */
const LOCAL = '/spire.api.server.logger.v1.Logger/GetLogger';
const NO_SUCH_RPC = 12;
/** A client's library would not show a weak certificate by itself. */
const SHOWS_ANYTHING = 'DEFAULT@SECLEVEL=0';

const authority = ({ certificate }: Entity) => ({ certificate: certificate.raw, tainted: false });

describe('a client certificate', () => {
  const endings = new Endings();
  const clock = new FakeClock(NOW);
  let server: RunningServer;
  before(async () => {
    const datastore = new FakeDatastore(clock);
    const config = { adminIds: ADMINISTRATORS.map((id) => SpiffeId.parse(id)) };
    server = await startServer(endings, { datastore, clock, config });
    const { bundles } = datastore;
    await bundles.append(TrustDomain.parse('example.org'), { x509: [authority(root), authority(rsaRoot)] });
    await bundles.append(TrustDomain.parse('other.org'), { x509: [authority(foreignRoot)] });
    const { results } = await server.admin.entry.unary('BatchCreateEntry', {
      entries: [
        {
          spiffe_id: { trust_domain: 'example.org', path: new URL(NESTED).pathname },
          parent_id: { trust_domain: 'example.org', path: '/spire/server' },
          selectors: [{ type: 'a', value: 'b' }],
          downstream: true,
        },
      ],
    });
    assert.equal(results[0]?.status?.code, 0);
  });
  after(() => endings.end());

  const body = framed(new Uint8Array());
  for (const [what, { show, more = {}, says }] of Object.entries(rows))
    it(`is judged alike everywhere: ${what}`, async () => {
      const session = openTls(server.port, await show(server), { ciphers: SHOWS_ANYTHING, ...more });
      try {
        for (const [name, path] of Object.entries(RPCS)) {
          const { status, message, end } = await rawCall(session, { path, body });
          if (says === 'cut') return assert.equal(end, 'cut', `${status} ${message}`);
          const [code, text] = says[name as keyof Verdicts];
          assert.equal(status, code, `${name}: ${status} ${message}`);
          assert.match(message, text, `${name}: ${message}`);
        }
        assert.equal((await rawCall(session, { path: LOCAL, body })).status, NO_SUCH_RPC);
      } finally {
        session.destroy();
      }
    });

  it('of whatever kind is no reason for the log to speak of errors of ours', () => {
    assert.deepEqual(server.log.messages('error'), []);
  });
});
