/** The LocalAuthority API of a server below an upstream CA, with SPIRE's codes and words. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Code } from '../../../../shared/errors.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { testDatabase } from '../../../fakes/database.ts';
import { Endings } from '../../../fakes/endings.ts';
import { type RunningServer, startServer } from '../../../fakes/server-under-test.ts';
import {
  corporateIntermediate,
  corporateRoot,
  keyIdOf,
  UpstreamFiles,
} from '../../upstream-authority/corporate-ca.ts';

const refused = (deed: Promise<unknown>, code: Code, message: string): Promise<void> =>
  assert.rejects(deed, { code, message });

describe('the LocalAuthority API below an upstream CA', async () => {
  const endings = new Endings();
  after(() => endings.end());
  const first = await corporateRoot();
  const issuing = await corporateIntermediate(first);
  const second = await corporateRoot('Acme Root 2');
  const files = new UpstreamFiles(endings);
  let server: RunningServer;
  before(async () => {
    const clock = new FakeClock();
    const datastore = await (await testDatabase(endings)).open({ clock });
    const upstreamAuthority = { kind: 'disk', ...files.writeBelow(issuing, [], [first]) } as const;
    server = await startServer(endings, { datastore, clock, config: { upstreamAuthority } });
  });
  const api = () => server.admin.localAuthority;
  const taint = (subject_key_id: string) => api().unary('TaintX509UpstreamAuthority', { subject_key_id });
  const revoke = (subject_key_id: string) => api().unary('RevokeX509UpstreamAuthority', { subject_key_id });
  const bundle = async () => (await server.admin.bundle.unary('GetBundle', {})).x509_authorities;
  const wrong = (why: string) => `provided subject key id is not valid: ${why}`;
  const both = async (id: string, why: string): Promise<void> => {
    await refused(taint(id), Code.invalidArgument, wrong(why));
    await refused(revoke(id), Code.invalidArgument, wrong(why));
  };

  it('says which root stands above', async () => {
    const { active } = await api().unary('GetX509AuthorityState', {});
    assert.equal(active?.upstream_authority_subject_key_id, keyIdOf(first));
    const [root, ...others] = await bundle();
    assert.deepEqual([[...(root?.asn1 ?? [])], others.length], [[...first.certificate.raw], 0]);
  });

  it('refuses no root, the one above what signs, and one that nobody knows', async () => {
    await both('', 'no subject key ID provided');
    await both(keyIdOf(first), 'unable to use upstream authority singing current authority');
    await both('aa', "upstream authority didn't sign the old local authority");
  });

  it('refuses the root of a prepared authority', async () => {
    files.writeBelow(second, [], [second]);
    const { prepared_authority: prepared } = await api().unary('PrepareX509Authority', {});
    assert.equal(prepared?.upstream_authority_subject_key_id, keyIdOf(second));
    assert.equal((await bundle()).length, 2);
    await both(keyIdOf(second), 'only upstream authorities signing an old authority can be used');
    await api().unary('ActivateX509Authority', { authority_id: prepared?.authority_id ?? '' });
  });

  it('leaves local authorities alone', async () => {
    const { old } = await api().unary('GetX509AuthorityState', {});
    const named = { authority_id: old?.authority_id ?? '' };
    const words = (what: string) => `local authority can't be ${what} if there is an upstream authority`;
    await refused(api().unary('TaintX509Authority', named), Code.failedPrecondition, words('tainted'));
    await refused(api().unary('RevokeX509Authority', named), Code.failedPrecondition, words('revoked'));
  });

  it('taints the old root, once, and then revokes it, once', async () => {
    const id = keyIdOf(first);
    const failed = (what: string, why: string) => `failed to ${what} upstream authority: ${why}`;
    await refused(
      revoke(id),
      Code.internal,
      failed('revoke', 'it is not possible to revoke an untainted root CA'),
    );
    assert.deepEqual(await taint(id), { upstream_authority_subject_key_id: id });
    assert.deepEqual(
      (await bundle()).map(({ tainted }) => tainted),
      [true, false],
    );
    await refused(taint(id), Code.internal, failed('taint', 'root CA is already tainted'));
    assert.deepEqual(await revoke(id), { upstream_authority_subject_key_id: id });
    assert.deepEqual(
      (await bundle()).map(({ asn1 }) => [...asn1]),
      [[...second.certificate.raw]],
    );
    await refused(
      revoke(id),
      Code.internal,
      failed('revoke', 'no root CA found with provided subject key ID'),
    );
  });

  it('does not prepare below a root that was tainted', async () => {
    files.writeBelow(issuing, [], [first]);
    await refused(
      api().unary('PrepareX509Authority', {}),
      Code.internal,
      `failed to prepare X.509 authority: the upstream CA's root ${keyIdOf(first)} is tainted: give the server another upstream CA`,
    );
  });
});
