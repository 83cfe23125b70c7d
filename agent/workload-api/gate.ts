/** Stands before every RPC on the Workload API's socket: header, caller, attestation (facts/spire 9). Called by listen. */
import { invalidArgument, permissionDenied, unavailable } from '../../shared/errors.ts';
import type { Call, Gate } from '../../shared/rpc/handler.ts';
import type { Selector } from '../../shared/selectors.ts';
import type { WorkloadAttestation } from '../attest-workload/attest.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import type { Caller, CallerConnection } from './caller.ts';
import type { Complain } from './complain.ts';
import type { Rates } from '../rates.ts';
import type { Shares } from './shares.ts';

export interface WorkloadContext {
  readonly peer: Peer;
  /** None for a service that needs no attestation. */
  readonly selectors: readonly Selector[];
  readonly signal: AbortSignal;
}

export interface GateDeps {
  readonly attestation: Pick<WorkloadAttestation, 'attest'>;
  readonly calls: Shares;
  readonly rates: Rates;
  readonly complain: Complain;
}

/** What each service asks of its callers; one that is not listed is closed to all. */
const RULES: Readonly<Record<string, { readonly needsHeader: boolean; readonly isAttested: boolean }>> = {
  SpiffeWorkloadAPI: { needsHeader: true, isAttested: true },
  // Attests by itself: what failed is part of its answer
  'writ.explain.v1.ExplainSelf': { needsHeader: true, isAttested: false },
  // Envoy has no way to send it
  'envoy.service.secret.v3.SecretDiscoveryService': { needsHeader: false, isAttested: true },
  'grpc.health.v1.Health': { needsHeader: false, isAttested: false },
};

export function gate({ attestation, calls, rates, complain }: GateDeps): Gate<Caller, WorkloadContext> {
  return async (call, read, run) => {
    const rule = RULES[serviceOf(call)];
    if (rule === undefined) throw permissionDenied('this service is not open to workloads');
    if (rule.needsHeader) checkHeader(call);
    const { peer, connection } = processOf(call);
    using _share = connection.isBounded ? admit({ calls, rates }, peer, connection) : undefined;
    connection.begin();
    let selectors: readonly Selector[] = [];
    try {
      read(); // to find out who calls costs more than to say what is wrong with the call
      if (rule.isAttested) selectors = await attestation.attest(peer, call.signal);
      call.signal.throwIfAborted();
      await run({ peer, selectors, signal: call.signal });
    } catch (error) {
      complain(error, { method: call.method, peer, selectors });
      throw error;
    } finally {
      connection.end();
    }
  };
}

const serviceOf = ({ method }: Call<Caller>): string => method.split('/')[1] ?? '';

/** SPIFFE_Workload_Endpoint 3: proof that the caller meant this endpoint, against forged requests. */
function checkHeader(call: Call<Caller>): void {
  const values = call.metadata('workload.spiffe.io');
  if (values.length !== 1 || values[0] !== 'true')
    throw invalidArgument('security header missing from request');
}

function processOf({ peer: caller }: Call<Caller>): Caller & { readonly kind: 'process' } {
  if (caller.kind === 'refused') throw caller.error;
  return caller;
}

type Bounds = Pick<GateDeps, 'calls' | 'rates'>;

/** Attesting costs more than asking for it: a client that calls and hangs up without end must not keep others waiting. */
function admit({ calls, rates }: Bounds, { uid }: Peer, connection: CallerConnection): Disposable {
  if (rates.take(uid) === undefined) {
    connection.cut(); // even to refuse costs too much: the next connection has to wait for its turn
    throw unavailable(`user ${uid} calls too often`);
  }
  const release = calls.take(uid);
  if (release === undefined) throw unavailable(`too many calls are open, or too many of user ${uid}`);
  return { [Symbol.dispose]: release };
}
