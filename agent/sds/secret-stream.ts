/** The course of both streams of SDS: requests say what is wanted, changes of it become answers. Called by the RPCs. */
import { unavailable } from '../../shared/errors.ts';
import { bidi, type Handler, type Send } from '../../shared/rpc/handler.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import type { WorkloadUpdate } from '../cache/workload-identities.ts';
import type { Rates } from '../rates.ts';
import type { WorkloadContext } from '../workload-api/gate.ts';
import { UpdateStream } from '../workload-api/update-stream.ts';
import { updatesFor, type WorkloadStreamDeps } from '../workload-api/workload-stream.ts';
import type { FindResources } from './resources.ts';
import type { Tell } from './tell.ts';
import type { Random } from '../../shared/random.ts';

export interface SecretStreamDeps extends WorkloadStreamDeps {
  readonly find: FindResources;
  readonly isSpiffeValidationDisabled: boolean;
  /** How often each user may ask: a request on a stream counts as a call. */
  readonly rates: Pick<Rates, 'take'>;
  readonly tell: Tell;
  readonly random: Random;
}

export const NONCE_BYTES = 4; // SPIRE

/** One stream as its RPC sees it. What they throw ends it. */
export interface Conversation<Req, Res> {
  /** Takes a request; how many names it has. */
  hear(request: Req): number;
  /** The next answer; undefined when there is nothing new. */
  say(update: WorkloadUpdate): Res | undefined;
}

/**
 * A handler that never ends with OK. Whoever says that there will be no more requests goes on getting answers; SPIRE ends
 * the stream.
 */
export const secretStream = <Req, Res extends object>(
  deps: SecretStreamDeps,
  begin: (peer: Peer) => Conversation<Req, Res>,
): Handler<WorkloadContext> =>
  bidi(
    (requests: AsyncIterable<Req>, context: WorkloadContext, send: Send<Res>) =>
      new Promise((_resolve, end) => {
        const conversation = begin(context.peer);
        const toMessage = (update: WorkloadUpdate): Res | undefined => conversation.say(update);
        const stream = new UpdateStream({ ...updatesFor(deps, context), toMessage, send }, end);
        stream.start();
        const hear = (request: Req): void => {
          admit(deps, context.peer, conversation.hear(request));
          stream.nudge();
        };
        void hearAll(requests, hear).catch(end);
      }),
  );

/** By itself between two requests it holds none of them: Envoy's are large, and may be months apart. */
async function hearAll<Req>(requests: AsyncIterable<Req>, hear: (request: Req) => void): Promise<void> {
  const iterator = requests[Symbol.asyncIterator]();
  const hearNext = async (): Promise<boolean> => {
    const next: IteratorResult<Req, undefined> = await iterator.next();
    if (next.done !== true) hear(next.value);
    return next.done !== true;
  };
  while (await hearNext());
}

const NAMES_PER_CALL = 16; // as much work as a call

/** Throws Unavailable when that user's processes ask too often. */
function admit({ rates }: SecretStreamDeps, { uid }: Peer, names: number): void {
  for (let left = names; left >= 0; left -= NAMES_PER_CALL)
    if (rates.take(uid) === undefined) throw unavailable(`user ${uid} calls too often`);
}
