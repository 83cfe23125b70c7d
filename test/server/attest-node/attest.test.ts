import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttestAgentRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/AttestAgentRequest.ts';
import type { AttestAgentResponse } from '../../../proto/gen/spire/api/server/agent/v1/AttestAgentResponse.ts';
import { SigningTurns } from '../../../server/api/gate/signing-turns.ts';
import { attestAgent } from '../../../server/api/agent/attest-agent.ts';
import { noTrail } from '../../../server/api/gate/audit.ts';
import type { CallContext } from '../../../server/api/gate/context.ts';
import type { NodeAttestor, ProvenNode } from '../../../server/attest-node/node-attestor.ts';
import { Code, internal, invalidArgument } from '../../../shared/errors.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { FakeDatastore } from '../../fakes/datastore.ts';
import { CaTestbed, csr, trustDomain } from '../ca/ca-testbed.ts';

const ID = 'spiffe://example.org/spire/agent/test/1';
const proven = (fields: Partial<ProvenNode> = {}): ProvenNode => ({
  id: SpiffeId.parse(ID),
  selectors: ['test:b', 'test:a', 'test:b'].map(parseSelector),
  canReattest: true,
  joinToken: undefined,
  ...fields,
});

/** An agent that answers each challenge with what `answers` give; then it says no more, or hangs. */
async function world(attestor: NodeAttestor) {
  const bed = new CaTestbed();
  const { ca, stop } = await bed.start();
  const store = new FakeDatastore(bed.clock);
  const handler = attestAgent({
    trustDomain,
    attestors: new Map([['test', attestor]]),
    nodes: store.nodes,
    refresh: { readNow: async () => {} },
    ca,
    agentTtlSeconds: 600,
    log: bed.log,
    clock: bed.clock,
    turns: new SigningTurns({ clock: bed.clock, random: bed.random }),
  });
  const attest = async (answers: readonly string[] = [], atEnd: Promise<void> = Promise.resolve()) => {
    const sent: AttestAgentResponse[] = [];
    const requests = async function* (): AsyncGenerator<AttestAgentRequestOutput> {
      const data = { type: 'test', payload: Buffer.from('hello') };
      yield { step: 'params', params: { data, params: { csr: Buffer.from(csr) } } };
      for (const answer of answers)
        yield { step: 'challenge_response', challenge_response: Buffer.from(answer) };
      await atEnd;
    };
    const caller = { kind: 'anonymous', address: '192.0.2.1' };
    const call = { signal: new AbortController().signal };
    const context = { trail: noTrail, caller, call } as unknown as CallContext;
    assert.ok(handler.kind === 'bidi');
    const send = async (response: object): Promise<void> => {
      sent.push(response);
    };
    await handler.handle(requests() as AsyncIterable<never>, context, send);
    return sent;
  };
  return { bed, store, attest, stop };
}

const always = (fields?: Partial<ProvenNode>): NodeAttestor => ({ prove: async () => proven(fields) });

test('an attestor may ask as many questions as it needs', async () => {
  const seen: string[] = [];
  const { attest, stop } = await world({
    prove: async ({ payload, challenge }) => {
      seen.push(Buffer.from(payload).toString());
      for (const question of ['one', 'two'])
        seen.push(Buffer.from(await challenge(Buffer.from(question))).toString());
      return proven();
    },
  });
  const sent = await attest(['first', 'second']);
  assert.deepEqual(seen, ['hello', 'first', 'second']);
  assert.deepEqual(
    sent.map(({ challenge, result }) => [challenge?.toString(), result !== undefined]),
    [
      ['one', false],
      ['two', false],
      [undefined, true],
    ],
  );
  await stop();
});

test('the node is stored with its selectors in order and the serial number of its SVID', async () => {
  const { attest, store, bed, stop } = await world(always());
  const [answer] = await attest();
  assert.equal(answer?.result?.reattestable, true);
  const node = await store.nodes.find(SpiffeId.parse(ID));
  assert.deepEqual(
    node?.selectors.map(({ value }) => value),
    ['a', 'b'],
  );
  assert.equal(node?.attestationType, 'test');
  assert.equal(node?.current?.expiresAt.getTime(), bed.clock.now().getTime() + 600_000);
  await stop();
});

test('what can be proven again may be, and replaces the certificate', async () => {
  const { attest, store, stop } = await world(always());
  await attest();
  const first = await store.nodes.find(SpiffeId.parse(ID));
  await attest();
  const second = await store.nodes.find(SpiffeId.parse(ID));
  assert.notEqual(first?.current?.serialNumber, second?.current?.serialNumber);
  await stop();
});

test('its selectors are those of the last attestation', async () => {
  let selectors = ['test:old', 'test:kept'];
  const { attest, store, stop } = await world({
    prove: async () => proven({ selectors: selectors.map(parseSelector) }),
  });
  await attest();
  selectors = ['test:new', 'test:kept'];
  await attest();
  const node = await store.nodes.find(SpiffeId.parse(ID));
  assert.deepEqual(
    node?.selectors.map(({ value }) => value),
    ['kept', 'new'],
  );
  await stop();
});

test('an agent of another attestor is not taken over, be it stored meanwhile, until it is evicted', async () => {
  const { attest, store, stop } = await world(always());
  await attest();
  const id = SpiffeId.parse(ID);
  const node = await store.nodes.find(id);
  assert.ok(node !== undefined);
  const theirs = { ...node, attestationType: 'join_token', canReattest: false };
  store.nodes.feed.put(ID, theirs);
  const refused = {
    code: Code.permissionDenied,
    message: /attested by another node attestor; evict it first/,
  };
  await assert.rejects(attest(), refused);
  const find = store.nodes.find.bind(store.nodes);
  store.nodes.find = async () => undefined; // it was not there a moment ago
  await assert.rejects(attest(), refused);
  store.nodes.find = find;
  assert.deepEqual(await store.nodes.find(id), theirs);
  await store.nodes.remove(id, 'evict');
  await attest();
  await stop();
});

test('a banned agent is banned in every form of its proof', async () => {
  const twin = SpiffeId.parse('spiffe://example.org/spire/agent/test/twin');
  const { attest, store, stop } = await world({
    prove: async ({ payload }) => {
      assert.equal(Buffer.from(payload).toString(), 'hello');
      return proven({ twins: [twin] });
    },
  });
  await attest();
  const node = await store.nodes.find(SpiffeId.parse(ID));
  assert.ok(node !== undefined);
  store.nodes.feed.put(twin.toString(), { ...node, id: twin });
  await attest(); // one that is not banned is no reason
  await store.nodes.remove(twin, 'ban');
  await assert.rejects(attest(), { code: Code.permissionDenied, reason: 'AGENT_BANNED' });
  await stop();
});

test('what cannot be proven again is refused while the node is known', async () => {
  const { attest, stop } = await world(always({ canReattest: false }));
  await attest();
  await assert.rejects(attest(), {
    code: Code.permissionDenied,
    message: 'attestation data has already been used to attest an agent',
  });
  await stop();
});

test('of two that prove at once what is good once, one is attested', async () => {
  const { attest, store, stop } = await world(always({ canReattest: false }));
  store.nodes.find = async () => undefined; // both look before either is stored
  const [first, second] = await Promise.allSettled([attest(), attest()]);
  assert.deepEqual([first?.status, second?.status].toSorted(), ['fulfilled', 'rejected']);
  await stop();
});

test('an agent that answers twice is heard once', async () => {
  const heard: string[] = [];
  const { attest, stop } = await world({
    prove: async ({ challenge }) => {
      heard.push(Buffer.from(await challenge(Buffer.from('question'))).toString());
      return proven();
    },
  });
  assert.equal((await attest(['first', 'second'])).length, 2);
  assert.deepEqual(heard, ['first']);
  await stop();
});

test('a node that is banned between the check and the storing stays banned', async () => {
  const { attest, store, stop } = await world(always());
  await attest();
  await store.nodes.remove(SpiffeId.parse(ID), 'ban');
  const find = store.nodes.find.bind(store.nodes);
  store.nodes.find = async () => undefined;
  await assert.rejects(attest(), { reason: 'AGENT_BANNED' });
  store.nodes.find = find;
  assert.equal((await store.nodes.find(SpiffeId.parse(ID)))?.current, undefined);
  await stop();
});

for (const id of [
  'spiffe://example.org/spire/server',
  'spiffe://other/spire/agent/test/1',
  'spiffe://example.org',
]) {
  test(`an attestor cannot make ${id} an agent`, async () => {
    const { attest, store, stop } = await world(always({ id: SpiffeId.parse(id) }));
    await assert.rejects(attest(), { code: Code.internal });
    assert.equal(store.nodes.feed.items.size, 0);
    await stop();
  });
}

test('an ID outside /spire/agent is allowed, with a warning', async () => {
  const { attest, bed, stop } = await world(always({ id: SpiffeId.parse('spiffe://example.org/node') }));
  await attest();
  assert.deepEqual(bed.log.messages('warn').filter((message) => message.includes('agent ID')).length, 1);
  await stop();
});

test('evidence that proves nothing stores nothing', async () => {
  for (const error of [invalidArgument('no proof'), internal('attestor is broken')]) {
    const { attest, store, stop } = await world({
      prove: async () => {
        throw error;
      },
    });
    await assert.rejects(attest(), error);
    assert.equal(store.nodes.feed.items.size, 0);
    await stop();
  }
});

test('an agent that answers with something else, or not at all, is refused', async () => {
  const { attest, stop } = await world({
    prove: async ({ challenge }) => {
      await challenge(Buffer.from('question'));
      return proven();
    },
  });
  await assert.rejects(attest([]), {
    code: Code.invalidArgument,
    message: 'expecting attestation challenge response',
  });
  await stop();
});

test('an agent that keeps the attestor waiting is cut after a minute', async () => {
  const { attest, bed, stop } = await world({
    prove: async ({ challenge }) => {
      await challenge(Buffer.from('question'));
      return proven();
    },
  });
  const cut = assert.rejects(attest([], new Promise(() => {})), { code: Code.deadlineExceeded });
  await bed.clock.advance(60_000);
  await cut;
  await stop();
});

test('an attestor that asks without end is stopped', async () => {
  const { attest, stop } = await world({
    prove: async ({ challenge }) => {
      for (;;) await challenge(Buffer.from('again'));
    },
  });
  await assert.rejects(attest(Array.from({ length: 20 }, () => 'x')), { message: /more than 10 rounds/ });
  await stop();
});
