/** What both halves of every node attestor promise (server/ and agent/attest-node/node-attestor.ts), alone and together. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { NodeAttestor as AgentHalf, Proof } from '../../agent/attest-node/node-attestor.ts';
import type {
  Evidence,
  NodeAttestor as ServerHalf,
  ProvenNode,
} from '../../server/attest-node/node-attestor.ts';
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

const address = '192.0.2.1';
type Challenge = Evidence['challenge'];

/** One whole attestation. `ask` stands between the server and the agent's answers. */
async function attest(
  { server, agent }: Pick<NodeAttestorCase, 'server' | 'agent'>,
  ask: (proof: Proof) => Challenge = (proof) => (challenge) => proof.answer(challenge),
): Promise<ProvenNode> {
  const proof = await agent.begin();
  try {
    return await server.prove({ payload: proof.payload, challenge: ask(proof), address });
  } finally {
    await proof.end();
  }
}

const noAnswer = (): Promise<Uint8Array> =>
  Promise.reject(new CodedError(Code.cancelled, 'the agent went away'));

const REFUSALS: readonly Code[] = [Code.invalidArgument, Code.permissionDenied, Code.cancelled];

const isRefusal = (error: unknown): true => {
  assert.ok(error instanceof CodedError);
  assert.ok(REFUSALS.includes(error.code), error.message);
  return true;
};

export function nodeAttestorContract(type: string, make: () => Promise<NodeAttestorCase>): void {
  it('has the same name on both halves, and proves an agent of that kind', async () => {
    const { server, agent } = await make();
    assert.equal(agent.type, type);
    const node = await attest({ server, agent });
    assert.ok(isAgentId(node.id), node.id.toString());
    assert.ok(node.id.path.startsWith(`/spire/agent/${type}/`));
    assert.ok(node.selectors.every((selector) => selector.type === type && selector.value !== ''));
  });

  it('changes nothing by proving: the same node proves the same again', async () => {
    const both = await make();
    const first = await attest(both);
    for (const _ of [1, 2]) assert.deepEqual(await attest(both), first);
  });

  it('refuses anything else, with a reason that is a refusal', async () => {
    const { server } = await make();
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (payload) => {
      await assert.rejects(server.prove({ payload, challenge: noAnswer, address }), isRefusal);
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it('refuses JSON of any other shape, and a payload without bounds', async () => {
    const { server } = await make();
    const payloads = fc.oneof(fc.json({ maxDepth: 3 }), fc.constant(`[${'['.repeat(50_000)}`));
    const property = fc.asyncProperty(payloads, async (text) => {
      await assert.rejects(
        server.prove({ payload: Buffer.from(text), challenge: noAnswer, address }),
        isRefusal,
      );
    });
    await fc.assert(property, { numRuns: 50 });
    const huge = Buffer.alloc(1_048_576, 0x20);
    await assert.rejects(server.prove({ payload: huge, challenge: noAnswer, address }), isRefusal);
  });

  it('believes no answer of another attestation, none that is damaged, and no silence', async () => {
    const both = await make();
    const answers: Uint8Array[] = [];
    await attest(both, (proof) => async (challenge) => {
      const answer = await proof.answer(challenge);
      answers.push(answer);
      return answer;
    });
    if (answers.length === 0) return; // the proof is in the payload
    const forgeries: readonly Challenge[] = [async () => answers[0] ?? new Uint8Array(), noAnswer];
    for (const forged of forgeries)
      await assert.rejects(
        attest(both, () => forged),
        isRefusal,
      );
  });

  it('answers one challenge in an attempt, and no second one', async () => {
    const both = await make();
    await attest(both, (proof) => async (challenge) => {
      const answer = await proof.answer(challenge);
      await assert.rejects(proof.answer(challenge), { code: Code.failedPrecondition });
      return answer;
    });
  });

  it('says what to do where there is nothing to prove with', async () => {
    const { helpless } = await make();
    await assert.rejects(helpless.begin(), { code: Code.failedPrecondition });
  });

  it('does not tell its secret to a server that asks nonsense, nor to a log', async () => {
    const { agent, server, secret } = await make();
    const said: string[] = [];
    for (const challenge of [Buffer.alloc(0), Buffer.from('{}'), Buffer.alloc(64, 0xff)]) {
      const proof = await agent.begin();
      await proof.answer(challenge).then(
        (answer) => said.push(Buffer.from(answer).toString('latin1')),
        (error: unknown) => said.push(String(error)),
      );
      await proof.end();
    }
    await server
      .prove({ payload: Buffer.from(`${secret}x`), challenge: noAnswer, address })
      .catch((error: unknown) => {
        said.push(String(error));
      });
    for (const text of [...said, JSON.stringify(agent)]) assert.ok(!text.includes(secret), text);
  });
}
