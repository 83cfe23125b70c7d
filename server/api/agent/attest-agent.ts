/** Agent/AttestAgent: proves a node, in as many rounds as its attestor wants, and gives its agent an SVID. */
import type { AttestAgentRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/AttestAgentRequest.ts';
import type { AttestAgentResponse } from '../../../proto/gen/spire/api/server/agent/v1/AttestAgentResponse.ts';
import type { Clock } from '../../../shared/clock.ts';
import { invalidArgument } from '../../../shared/errors.ts';
import { bidi, type Handler, type Send } from '../../../shared/rpc/handler.ts';
import { attestNode, type AttestNodeNeeds, type Attestation } from '../../attest-node/attest.ts';
import { cut } from '../gate/audit-fields.ts';
import type { CallContext } from '../gate/context.ts';
import type { SigningTurns } from '../gate/signing-turns.ts';
import { issuedX509Fields } from '../gate/issued-fields.ts';
import { withinTime } from '../time-limit.ts';
import { x509SvidToWire } from '../wire/svid.ts';

const TIME_MAX_MS = 60_000; // of all rounds together: SPIRE's agent gives up after 30 s
const ROUNDS_MAX = 10; // no attestor of SPIRE has more than two

export interface AttestAgentNeeds extends AttestNodeNeeds {
  readonly clock: Clock;
  readonly turns: SigningTurns;
}

type Requests = AsyncIterator<AttestAgentRequestOutput, undefined>;

export const attestAgent = (needs: AttestAgentNeeds): Handler<CallContext> =>
  bidi(
    async (
      requests: AsyncIterable<AttestAgentRequestOutput>,
      context: CallContext,
      send: Send<AttestAgentResponse>,
    ) => {
      const work = attest({ needs, context, requests: requests[Symbol.asyncIterator](), send });
      await withinTime(needs.clock, TIME_MAX_MS, work);
    },
  );

interface Attesting {
  readonly needs: AttestAgentNeeds;
  readonly context: CallContext;
  readonly requests: Requests;
  readonly send: Send<AttestAgentResponse>;
}

async function attest({ needs, context, requests, send }: Attesting): Promise<void> {
  const asked = readParams((await requests.next()).value);
  context.trail.add({ node_attestor_type: cut(asked.type) });
  const challenge = challenger(requests, send);
  const { id, svid, canReattest } = await attestNode(
    { ...needs, ca: inTurn(needs, context) },
    { ...asked, challenge, address: addressOf(context) },
  );
  context.trail.add({ agent_id: id.toString(), ...issuedX509Fields(svid) });
  await send({ result: { svid: x509SvidToWire(id, svid), reattestable: canReattest } });
}

const addressOf = ({ caller }: CallContext): string | undefined =>
  caller.kind === 'local' ? undefined : caller.address;

/** Signs when it is the address' turn: there is no agent yet. */
const inTurn = ({ ca, turns }: AttestAgentNeeds, context: CallContext): AttestAgentNeeds['ca'] => ({
  signAgentSvid: (request) => turns.one(context, () => ca.signAgentSvid(request)),
});

/** SPIRE's messages. */
function readParams(
  request: AttestAgentRequestOutput | undefined,
): Omit<Attestation, 'challenge' | 'address'> {
  const params = request?.params ?? undefined;
  const type = params?.data?.type ?? '';
  const csr = params?.params?.csr ?? new Uint8Array();
  if (params === undefined) throw malformed('missing params');
  if (params.data === null) throw malformed('missing attestation data');
  if (params.params === null) throw malformed('missing X509-SVID parameters');
  if (csr.length === 0) throw malformed('missing CSR');
  if (type === '') throw malformed('missing attestation data type');
  if (params.data.payload.length === 0) throw malformed('missing attestation data payload');
  return { type, csr, payload: params.data.payload };
}

const malformed = (what: string) => invalidArgument(`malformed param: ${what}`);

function challenger(requests: Requests, send: Send<AttestAgentResponse>): Attestation['challenge'] {
  let rounds = 0;
  return async (challenge) => {
    rounds += 1;
    if (rounds > ROUNDS_MAX) throw invalidArgument(`attestation takes more than ${ROUNDS_MAX} rounds`);
    await send({ challenge });
    const { value } = await requests.next();
    if (value?.step !== 'challenge_response') {
      throw invalidArgument('expecting attestation challenge response');
    }
    return value.challenge_response ?? new Uint8Array();
  };
}
