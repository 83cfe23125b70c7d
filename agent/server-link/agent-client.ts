/** The server's Agent API: attesting, renewing, telling our version. Called by attest-node, agent-svid/rotate and agent.ts. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { AttestAgentRequest } from '../../proto/gen/spire/api/server/agent/v1/AttestAgentRequest.ts';
import type { AttestAgentResponseOutput } from '../../proto/gen/spire/api/server/agent/v1/AttestAgentResponse.ts';
import { internal } from '../../shared/errors.ts';
import type { BidiCall, ServiceClient } from '../../shared/rpc/client.ts';
import type { AgentRenewal } from '../agent-svid/rotate.ts';
import type { AttestRequest } from '../attest-node/attest.ts';
import type { Positions } from '../sync/position.ts';
import type { ServerConnection } from './connection.ts';
import { positionMetadata } from './position-header.ts';
import { readChain } from './wire.ts';

const SERVICE = 'spire.api.server.agent.v1.Agent';
const TIMEOUT_MS = 30_000; // SPIRE agent's RPC timeout
const CHALLENGES_MAX = 16;

export class AgentClient implements AgentRenewal {
  readonly #connection: ServerConnection;
  readonly #positions: Positions;

  constructor(connection: ServerConnection, positions: Positions) {
    this.#connection = connection;
    this.#positions = positions;
  }

  async attestAgent(
    request: AttestRequest,
  ): Promise<{ readonly chain: readonly Uint8Array[]; readonly canReattest: boolean }> {
    return this.#connection.call(SERVICE, (client: ServiceClient<AgentDefinition>) => {
      const call = client.bidi('AttestAgent', { signal: request.signal, timeoutMs: TIMEOUT_MS });
      return attest(call, request).finally(() => call.cancel());
    });
  }

  async renewAgent(csr: Uint8Array): Promise<readonly Uint8Array[]> {
    const metadata = positionMetadata(this.#positions);
    return this.#connection.call(SERVICE, async (client: ServiceClient<AgentDefinition>) => {
      const { svid } = await client.unary('RenewAgent', { params: { csr } }, { metadata });
      return readChain(svid);
    });
  }

  async postStatus(agentVersion: string): Promise<void> {
    await this.#connection.call(SERVICE, (client: ServiceClient<AgentDefinition>) =>
      client.unary('PostStatus', { agent_version: agentVersion }),
    );
  }
}

async function attest(
  call: BidiCall<AttestAgentRequest, AttestAgentResponseOutput>,
  { type, payload, csr, answer }: AttestRequest,
): Promise<{ readonly chain: readonly Uint8Array[]; readonly canReattest: boolean }> {
  call.send({ params: { data: { type, payload }, params: { csr } } });
  let challenges = 0;
  for await (const { result, challenge } of call.responses) {
    if (result !== undefined && result !== null)
      return { chain: readChain(result.svid), canReattest: result.reattestable };
    if (challenge === undefined || ++challenges > CHALLENGES_MAX) break;
    call.send({ challenge_response: await answer(new Uint8Array(challenge)) });
  }
  throw internal('server ended the attestation without a result');
}
