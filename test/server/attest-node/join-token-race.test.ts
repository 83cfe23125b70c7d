import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, CodedError } from '../../../shared/errors.ts';
import { testDatabase } from '../../fakes/database.ts';
import { attestRound, startServer, testKey } from '../../fakes/server-under-test.ts';

const CLIENTS = 50;

test('of fifty clients that come with one join token at once, one is attested and the others are told that it is used', async (t) => {
  const server = await startServer(t, { datastore: await (await testDatabase(t)).open() });
  const { value } = await server.admin.agent.unary('CreateJoinToken', { ttl: 60 });
  const csr = await (await testKey()).csr();
  const params = { data: { type: 'join_token', payload: Buffer.from(value) }, params: { csr } };
  const connections = Array.from({ length: CLIENTS }, () => server.connect());
  await Promise.all(connections.map(({ bundle }) => bundle.unary('GetBundle', {}))); // none has a start

  const outcomes = await Promise.allSettled(connections.map((each) => attestRound(each, { params })));
  const won = outcomes.filter(({ status }) => status === 'fulfilled');
  assert.equal(won.length, 1);
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  for (const reason of refusals) {
    assert.ok(reason instanceof CodedError);
    assert.equal(reason.code, Code.invalidArgument, reason.message);
    assert.match(reason.message, /join token does not exist or has already been used/);
  }
  const { agents } = await server.admin.agent.unary('ListAgents', {});
  assert.deepEqual(
    agents.map(({ id }) => id?.path),
    [`/spire/agent/join_token/${value}`],
  );
});
