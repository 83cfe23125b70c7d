import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallContext, Peer } from '../../../../server/api/gate/context.ts';
import { gate, type GateNeeds } from '../../../../server/api/gate/order.ts';
import type { Draw } from '../../../../server/api/gate/rate-limit.ts';
import { Code, CodedError, permissionDenied } from '../../../../shared/errors.ts';
import type { Call } from '../../../../shared/rpc/handler.ts';
import { FakeLog } from '../../../fakes/log.ts';
import { FakeRandom } from '../../../fakes/random.ts';

const CREATE = '/spire.api.server.entry.v1.Entry/BatchCreateEntry';
const SIGN = '/spire.api.server.svid.v1.SVID/BatchNewX509SVID';
const LOCAL: Peer = { kind: 'local' };
const REMOTE: Peer = { kind: 'remote', address: '192.0.2.1', chain: [] };

const call = (method: string, peer: Peer): Call<Peer> => ({
  method,
  peer,
  metadata: () => [],
  signal: new AbortController().signal,
  setHeader: () => {},
});

function world(needs: Partial<GateNeeds> = {}) {
  const log = new FakeLog();
  const draws: Draw[] = [];
  const pass = gate({
    log,
    random: new FakeRandom(),
    callers: {
      identify: async (peer) =>
        peer.kind === 'local' ? { kind: 'local' } : { kind: 'anonymous', address: peer.address },
    },
    authorizer: { authorize: async () => ({}) },
    limiter: {
      draw: async (draw) => {
        draws.push(draw);
      },
    },
    isAudited: true,
    ...needs,
  });
  const audited = () =>
    log.lines.filter(({ fields }) => fields['type'] === 'audit').map(({ fields }) => fields);
  return { log, draws, pass, audited };
}

test('a handler is told who calls', async () => {
  const { pass } = world();
  const contexts: CallContext[] = [];
  await pass(
    call(CREATE, LOCAL),
    () => ({}),
    async (context) => {
      contexts.push(context);
    },
  );
  assert.deepEqual(contexts[0]?.caller, { kind: 'local' });
});

test('an RPC without a rule is refused with Internal, whoever calls', async () => {
  const { pass } = world();
  const run = async (): Promise<void> => assert.fail('it ran');
  await assert.rejects(
    pass(call('/spire.api.server.entry.v1.Entry/Burn', LOCAL), () => ({}), run),
    {
      code: Code.internal,
    },
  );
});

test('who is not authorized takes nothing from the limits, and is audited', async () => {
  const denial = permissionDenied('authorization denied for method x');
  const { pass, draws, audited } = world({
    authorizer: {
      authorize: async () => {
        throw denial;
      },
    },
  });
  await assert.rejects(
    pass(
      call(SIGN, REMOTE),
      () => ({ params: [] }),
      async () => assert.fail('it ran'),
    ),
    denial,
  );
  assert.deepEqual(draws, []);
  assert.equal(audited()[0]?.['status_code'], 'PermissionDenied');
  assert.equal(audited()[0]?.['caller_addr'], '192.0.2.1');
});

test('a batch of signatures weighs as much as it holds; the admin socket is not limited', async () => {
  const { pass, draws } = world();
  await pass(
    call(SIGN, REMOTE),
    () => ({ params: [{}, {}, {}] }),
    async () => {},
  );
  await pass(
    call(SIGN, LOCAL),
    () => ({ params: [{}, {}, {}] }),
    async () => {},
  );
  assert.deepEqual(
    draws.map(({ limit, weight, address }) => [limit, weight, address]),
    [['csr', 3, '192.0.2.1']],
  );
});

test('the audit log has a line for each item of a batch, and one for a call', async () => {
  const { pass, audited } = world();
  await pass(
    call(CREATE, LOCAL),
    () => ({}),
    async ({ trail }) => {
      trail.item(() => ({ entry_id: 'a' }), { code: 0, message: 'OK' });
      trail.item(() => ({ entry_id: 'b' }), {
        code: Code.alreadyExists,
        message: 'similar entry already exists',
      });
    },
  );
  await pass(
    call('/spire.api.server.agent.v1.Agent/GetAgent', LOCAL),
    () => ({ id: { trust_domain: 'td', path: '/a' } }),
    async () => {},
  );
  const [a, b, c] = audited();
  assert.deepEqual(
    [a?.['entry_id'], a?.['status'], b?.['entry_id'], b?.['status_code']],
    ['a', 'success', 'b', 'AlreadyExists'],
  );
  assert.equal(a?.['request_id'], b?.['request_id']);
  assert.notEqual(b?.['request_id'], c?.['request_id']);
  assert.equal(c?.['spiffe_id'], 'spiffe://td/a');
});

test('the audit log shows no token and no bytes', async () => {
  const { pass, log } = world();
  const request = { ttl: 60, token: 'secret-token', agent_id: null };
  await pass(
    call('/spire.api.server.agent.v1.Agent/CreateJoinToken', LOCAL),
    () => request,
    async () => {},
  );
  await pass(
    call(SIGN, REMOTE),
    () => ({ params: [{ csr: Buffer.from('secret-csr') }] }),
    async () => {},
  );
  assert.doesNotMatch(JSON.stringify(log.lines), /secret/);
});

test('there is no audit log unless it is asked for', async () => {
  const { pass, audited } = world({ isAudited: false });
  await pass(
    call(CREATE, LOCAL),
    () => ({}),
    async ({ trail }) => trail.item(() => ({}), { code: 0, message: '' }),
  );
  assert.deepEqual(audited(), []);
});

const outcomes = [
  [new Error('bug'), 'error'],
  [new CodedError(Code.internal, 'bug'), 'error'],
  [new CodedError(Code.unavailable, 'away'), 'warn'],
  [new CodedError(Code.resourceExhausted, 'too much'), 'warn'],
  [permissionDenied('no'), 'info'],
  [new CodedError(Code.cancelled, 'gone'), 'debug'],
] as const;

for (const [error, level] of outcomes) {
  test(`logs "${error.message}" (${error.name}) as ${level}, once, and passes it on`, async () => {
    const { pass, log } = world({ isAudited: false });
    const run = async (): Promise<void> => {
      throw error;
    };
    await assert.rejects(
      pass(call(CREATE, LOCAL), () => ({}), run),
      error,
    );
    assert.deepEqual(
      log.lines.map((line) => [line.level, line.message]),
      [[level, 'call failed']],
    );
  });
}
