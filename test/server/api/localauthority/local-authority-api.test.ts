/** The LocalAuthority API: the same deeds for each kind of authority, with SPIRE's codes and words. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AuthorityStateOutput } from '../../../../proto/gen/spire/api/server/localauthority/v1/AuthorityState.ts';
import { Code } from '../../../../shared/errors.ts';
import { testDatabase } from '../../../fakes/database.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import { type RunningServer, startServer } from '../../../fakes/server-under-test.ts';

const WIT = { isEnabled: true, keyType: 'ec-p256', issuer: undefined, defaultTtlSeconds: 300 } as const;

interface State {
  readonly active: AuthorityStateOutput | null;
  readonly prepared: AuthorityStateOutput | null;
  readonly old: AuthorityStateOutput | null;
}

/** The five RPCs of a kind. */
interface Deeds {
  state(): Promise<State>;
  prepare(): Promise<AuthorityStateOutput | null>;
  activate(id: string): Promise<AuthorityStateOutput | null>;
  taint(id: string): Promise<AuthorityStateOutput | null>;
  revoke(id: string): Promise<AuthorityStateOutput | null>;
}

function deedsOf({ admin: { localAuthority: api } }: RunningServer, kind: 'X509' | 'JWT' | 'WIT'): Deeds {
  const named = (authority_id: string) => ({ authority_id });
  return {
    state: () => api.unary(`Get${kind}AuthorityState`, {}),
    prepare: async () => (await api.unary(`Prepare${kind}Authority`, {})).prepared_authority,
    activate: async (id) => (await api.unary(`Activate${kind}Authority`, named(id))).activated_authority,
    taint: async (id) => (await api.unary(`Taint${kind}Authority`, named(id))).tainted_authority,
    revoke: async (id) => (await api.unary(`Revoke${kind}Authority`, named(id))).revoked_authority,
  };
}

const idOf = (state: AuthorityStateOutput | null): string => {
  assert.ok(state !== null);
  assert.equal(state.upstream_authority_subject_key_id, '');
  return state.authority_id;
};

const refused = (deed: Promise<unknown>, code: Code, message: string): Promise<void> =>
  assert.rejects(deed, { code, message });

const KINDS = [
  {
    kind: 'X509',
    name: 'X.509',
    field: 'x509_authorities',
    id: /^[0-9a-f]{40}$/,
    preparedNotRevoked: 'only Old local authority can be revoked',
    unknownNotRevoked: 'only Old local authority can be revoked',
    alreadyTainted: 'root CA is already tainted',
    untainted: 'it is not possible to revoke an untainted root CA',
    gone: 'no root CA found with provided subject key ID',
  },
  ...(['JWT', 'WIT'] as const).map((kind) => ({
    kind,
    name: kind,
    field: kind === 'JWT' ? ('jwt_authorities' as const) : ('wit_authorities' as const),
    id: /^[A-Za-z0-9]{32}$/,
    preparedNotRevoked: 'unable to use a prepared key',
    unknownNotRevoked: `no ${kind} authority found with provided authority ID`,
    alreadyTainted: 'key is already tainted',
    untainted: 'it is not possible to revoke an untainted key',
    gone: `no ${kind} Key found with provided key ID`,
  })),
] as const;

describe('the LocalAuthority API', () => {
  const endings = new Endings();
  let server: RunningServer;
  before(async () => {
    const datastore = await (await testDatabase(endings)).open();
    server = await startServer(endings, { datastore, config: { wit: WIT } });
  });
  after(() => endings.end());

  for (const { kind, name, field, ...words } of KINDS) {
    describe(`for ${name}`, () => {
      let deeds: Deeds;
      let first: string;
      let second: string;
      const held = async () => {
        const bundle = await server.admin.bundle.unary('GetBundle', {});
        return {
          tainted: bundle[field].map(({ tainted }) => tainted),
          number: Number(bundle.sequence_number),
        };
      };

      it('tells what the slots hold', async () => {
        deeds = deedsOf(server, kind);
        const { active, prepared, old } = await deeds.state();
        first = idOf(active);
        assert.match(first, words.id);
        assert.ok(Number(active?.expires_at) > Date.now() / 1_000);
        assert.deepEqual([prepared, old], [null, null]);
      });

      it('prepares a new one each time, in the bundle at once', async () => {
        const { number } = await held();
        const once = idOf(await deeds.prepare());
        const prepared = await deeds.prepare();
        second = idOf(prepared);
        assert.match(second, words.id);
        assert.equal(new Set([first, once, second]).size, 3);
        assert.deepEqual((await deeds.state()).prepared, prepared);
        assert.deepEqual(await held(), { tainted: [false, false, false], number: number + 2 });
      });

      it('activates, taints and revokes nothing but what is there for it', async () => {
        for (const deed of [deeds.activate, deeds.taint]) {
          await refused(deed(''), Code.invalidArgument, 'no authority ID provided');
          await refused(deed('unknown'), Code.invalidArgument, 'unexpected authority ID');
        }
        await refused(deeds.activate(first), Code.invalidArgument, 'unexpected authority ID');
        await refused(deeds.taint(first), Code.invalidArgument, 'unable to taint current local authority');
        await refused(
          deeds.taint(second),
          Code.invalidArgument,
          'only Old local authorities can be tainted: unsupported local authority status: PREPARED',
        );
        for (const [id, why] of [
          ['', 'no authority ID provided'],
          [first, 'unable to use current authority'],
          [second, words.preparedNotRevoked],
          ['unknown', words.unknownNotRevoked],
        ] as const)
          await refused(deeds.revoke(id), Code.invalidArgument, `invalid authority ID: ${why}`);
        assert.deepEqual((await held()).tainted, [false, false, false]);
      });

      it('activates the prepared one', async () => {
        const { prepared } = await deeds.state();
        const { number } = await held();
        assert.deepEqual(await deeds.activate(second), prepared);
        const { active, old, prepared: none } = await deeds.state();
        assert.deepEqual([idOf(active), idOf(old), none], [second, first, null]);
        assert.equal((await held()).number, number, 'the bundle is as it was');
        await refused(
          deeds.activate(first),
          Code.internal,
          'only Prepared authorities can be activated: unsupported local authority status: OLD',
        );
      });

      it('taints the old one, once, and then revokes it, once', async () => {
        const { number } = await held();
        const revokeFailed = `failed to revoke ${name} authority: `;
        await refused(deeds.revoke(first), Code.internal, revokeFailed + words.untainted);
        const { old } = await deeds.state();
        assert.deepEqual(await deeds.taint(first), old);
        assert.deepEqual(await held(), { tainted: [true, false, false], number: number + 1 });
        await refused(
          deeds.taint(first),
          Code.internal,
          `failed to taint ${name} authority: ${words.alreadyTainted}`,
        );
        assert.deepEqual(await deeds.revoke(first), old);
        assert.deepEqual(await held(), { tainted: [false, false], number: number + 2 });
        await refused(deeds.revoke(first), Code.internal, revokeFailed + words.gone);
        assert.deepEqual((await deeds.state()).old, old, 'the slot holds it until the next is prepared');
      });
    });
  }

  it('knows of no upstream authority', async () => {
    const { localAuthority } = server.admin;
    for (const rpc of ['TaintX509UpstreamAuthority', 'RevokeX509UpstreamAuthority'] as const)
      await refused(
        localAuthority.unary(rpc, { subject_key_id: 'aa' }),
        Code.failedPrecondition,
        'upstream authority is not configured',
      );
  });
});

describe('the LocalAuthority API of a server without token keys', () => {
  const endings = new Endings();
  after(() => endings.end());

  it('answers Unimplemented for them, and goes on for X.509', async () => {
    const clock = new FakeClock();
    const jwt = { ...WIT, isEnabled: false };
    const server = await startServer(endings, {
      datastore: new FakeDatastore(clock),
      clock,
      config: { jwt },
    });
    for (const kind of ['JWT', 'WIT'] as const) {
      const { state, prepare, activate, taint, revoke } = deedsOf(server, kind);
      for (const deed of [state(), prepare(), activate('x'), taint('x'), revoke('x')])
        await refused(deed, Code.unimplemented, `${kind} functionality is disabled`);
    }
    assert.deepEqual((await server.admin.bundle.unary('GetBundle', {})).jwt_authorities, []);
    assert.ok(idOf(await deedsOf(server, 'X509').prepare()));
  });
});
