/**
 * Proves to the server what this node is and receives the agent's SVID: without a certificate of its own, over a
 * connection whose server the bootstrap bundle vouches for. Called by start/enrol, and through it
 * by agent-svid/rotate for nodes that can attest again.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { Clock } from '../../shared/clock.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import { Code, CodedError, messageOf, withContext } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { hintedDelayMs } from '../retry-delay.ts';
import { type AgentKeyId, type AgentSvid, checkAgentSvid } from '../agent-svid/agent-svid.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import type { NodeAttestor, Proof } from './node-attestor.ts';

export interface AttestRequest {
  readonly type: string;
  readonly payload: Uint8Array;
  readonly csr: Uint8Array;
  readonly answer: (challenge: Uint8Array) => Promise<Uint8Array>;
  readonly signal: AbortSignal;
}

/** A connection without a client certificate. Implemented by server-link/agent-client. */
export interface AttestationServer {
  attestAgent(
    request: AttestRequest,
  ): Promise<{ readonly chain: readonly Uint8Array[]; readonly canReattest: boolean }>;
  getBundle(): Promise<Bundle>;
}

export interface AttestParts {
  readonly server: AttestationServer;
  readonly attestor: NodeAttestor;
  readonly keys: KeyManager;
  /** The slot for the new key. */
  readonly keyId: () => AgentKeyId;
  readonly trustDomain: TrustDomain;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface Attested {
  readonly agentSvid: AgentSvid;
  readonly bundle: Bundle;
}

const BACKOFF = { initialMs: 5_000, maxMs: 60_000 }; // SPIRE: first 5 s, growing
const MAX_ELAPSED_MS = 60_000; // SPIRE: bootstrap gives up after a minute

/** DIVERGES: SPIRE's agent ends on PermissionDenied alone. These answers, too, no second attempt will change. */
const FINAL: readonly Code[] = [
  Code.permissionDenied,
  Code.invalidArgument,
  Code.failedPrecondition,
  Code.notFound,
  Code.unimplemented,
];

/** Attests, trying again for a minute while the server cannot be reached. Rejects with the last failure. */
export async function attestNode(parts: AttestParts, signal: AbortSignal): Promise<Attested> {
  const { clock, random, log } = parts;
  const backoff = new Backoff(random, BACKOFF);
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      return await attestOnce(parts, signal);
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = Math.max(backoff.next(), hintedDelayMs(error, random));
      const isLate = clock.monotonicMs() + waitMs - startedMs > MAX_ELAPSED_MS;
      if (isFinal(error) || isLate) throw withContext('node attestation failed', error);
      log.warn('node attestation failed, trying again', {
        error: messageOf(error),
        retryAfterMs: Math.round(waitMs),
      });
      await clock.sleep(waitMs, signal);
    }
  }
}

const isFinal = (error: unknown): boolean => error instanceof CodedError && FINAL.includes(error.code);

async function attestOnce(parts: AttestParts, signal: AbortSignal): Promise<Attested> {
  const proof = await parts.attestor.begin();
  try {
    return await attestWith(parts, proof, signal);
  } finally {
    await proof.end();
  }
}

/** One attempt, with a key of its own. */
async function attestWith(parts: AttestParts, proof: Proof, signal: AbortSignal): Promise<Attested> {
  const { server, attestor, keys, keyId: slot, trustDomain, clock } = parts;
  const keyId = slot();
  const key = await keys.generateKey(keyId, 'ec-p256');
  const { chain, canReattest } = await server.attestAgent({
    type: attestor.type,
    payload: proof.payload,
    csr: await buildCsr(key.signer),
    answer: (challenge) => proof.answer(challenge),
    signal,
  });
  const bundle = await server.getBundle();
  const svid = checkAgentSvid({
    chain,
    publicKey: key.signer.publicKey,
    trustDomain,
    authorities: bundle.x509Authorities.map(({ certificate }) => certificate),
    at: clock.now(),
  });
  return { agentSvid: { chain, svid, key, keyId, canReattest }, bundle };
}
