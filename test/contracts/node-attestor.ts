/** What both halves of every node attestor promise (server/ and agent/attest-node/node-attestor.ts), alone and together. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { NodeAttestor as AgentHalf } from '../../agent/attest-node/node-attestor.ts';
import type { Evidence, NodeAttestor as ServerHalf } from '../../server/attest-node/node-attestor.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { isAgentId } from '../../shared/spiffe/reserved.ts';

export interface NodeAttestorCase {
  readonly server: ServerHalf;
  /** Can prove what it is. */
  readonly agent: AgentHalf;
  /** Lacks what it would prove itself with. */
  readonly helpless: AgentHalf;
  /** Is this anywhere in what it says? */
  readonly secret: string;
}

/** The server's view of an agent. */
const evidenceOf = async (agent: AgentHalf): Promise<Evidence> => ({
  payload: await agent.payload(),
  challenge: (challenge) => agent.answer(challenge),
});

const noAnswer = (): Promise<Uint8Array> =>
  Promise.reject(new CodedError(Code.cancelled, 'the agent went away'));

export function nodeAttestorContract(type: string, make: () => Promise<NodeAttestorCase>): void {
  it('has the same name on both halves, and proves an agent of that kind', async () => {
    const { server, agent } = await make();
    assert.equal(agent.type, type);
    const node = await server.prove(await evidenceOf(agent));
    assert.ok(isAgentId(node.id), node.id.toString());
    assert.ok(node.id.path.startsWith(`/spire/agent/${type}/`));
    assert.ok(node.selectors.every((selector) => selector.type === type && selector.value !== ''));
  });

  it('changes nothing by proving: the same evidence proves the same again', async () => {
    const { server, agent } = await make();
    const evidence = await evidenceOf(agent);
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => server.prove(evidence)));
    for (const other of others) assert.deepEqual(other, first);
    assert.deepEqual(await server.prove(await evidenceOf(agent)), first);
  });

  it('refuses anything else, with a reason that is a refusal', async () => {
    const { server } = await make();
    const refusals = [Code.invalidArgument, Code.permissionDenied, Code.cancelled];
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (payload) => {
      await assert.rejects(server.prove({ payload, challenge: noAnswer }), (error: unknown) => {
        assert.ok(error instanceof CodedError);
        assert.ok(
          refusals.some((code) => code === error.code),
          error.message,
        );
        return true;
      });
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it('says what to do where there is nothing to prove with', async () => {
    const { helpless } = await make();
    await assert.rejects(helpless.payload(), { code: Code.failedPrecondition });
  });

  it('does not tell its secret to a server that asks nonsense, nor to a log', async () => {
    const { agent, server, secret } = await make();
    const said: string[] = [];
    for (const challenge of [Buffer.alloc(0), Buffer.from('{}'), Buffer.alloc(64, 0xff)])
      await agent.answer(challenge).then(
        (answer) => said.push(Buffer.from(answer).toString('latin1')),
        (error: unknown) => said.push(String(error)),
      );
    await server
      .prove({ payload: Buffer.from(`${secret}x`), challenge: noAnswer })
      .catch((error: unknown) => {
        said.push(String(error));
      });
    for (const text of [...said, JSON.stringify(agent)]) assert.ok(!text.includes(secret), text);
  });
}
