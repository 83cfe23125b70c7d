/** Stands before every RPC on the Workload API's socket: header, caller, attestation (facts/spire 9). Called by listen. */
import { invalidArgument, permissionDenied } from '../../shared/errors.ts';
import type { Call, Gate } from '../../shared/rpc/handler.ts';
import type { Selector } from '../../shared/selectors.ts';
import type { WorkloadAttestation } from '../attest-workload/attest.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import { admit, type CallBounds } from './admit.ts';
import type { Caller, CallerConnection } from './caller.ts';
import type { Complain } from './complain.ts';
import type { FirstIdentity } from './first-identity.ts';
import type { CheckLimit } from './method-limits.ts';

export interface WorkloadContext {
  readonly peer: Peer;
  /** None for a service that needs no attestation. */
  readonly selectors: readonly Selector[];
  readonly signal: AbortSignal;
}

export interface GateDeps extends CallBounds {
  readonly attestation: Pick<WorkloadAttestation, 'attest'>;
  readonly complain: Complain;
  readonly checkLimit: CheckLimit;
  readonly firstIdentity: FirstIdentity;
}

/** What each service asks of its callers; one that is not listed is closed to all. */
const RULES: Readonly<Record<string, { readonly needsHeader: boolean; readonly isAttested: boolean }>> = {
  SpiffeWorkloadAPI: { needsHeader: true, isAttested: true },
  // Attests by itself: what failed is part of its answer
  'writ.explain.v1.ExplainSelf': { needsHeader: true, isAttested: false },
  // Envoy has no way to send it
  'envoy.service.secret.v3.SecretDiscoveryService': { needsHeader: false, isAttested: true },
  'grpc.health.v1.Health': { needsHeader: false, isAttested: false },
  // What it tells is the same for all, and tools that ask know no header (SPIRE: likewise)
  'grpc.reflection.v1.ServerReflection': { needsHeader: false, isAttested: false },
  'grpc.reflection.v1alpha.ServerReflection': { needsHeader: false, isAttested: false },
};

export function gate(deps: GateDeps): Gate<Caller, WorkloadContext> {
  const { calls, rates, complain } = deps;
  return async (call, read, run) => {
    const rule = RULES[serviceOf(call)];
    if (rule === undefined) throw permissionDenied('this service is not open to workloads');
    if (rule.needsHeader) checkHeader(call);
    const { peer, connection } = processOf(call);
    using _share = connection.isBounded ? admit({ calls, rates }, peer.uid, connection) : undefined;
    connection.begin();
    let selectors: readonly Selector[] = [];
    try {
      read(); // to find out who calls costs more than to say what is wrong with the call
      if (rule.isAttested) selectors = await identify(deps, call, { peer, connection });
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

/** Finds out who calls, and whether he calls too often; who has no identity yet is given time for one. The agent itself is not. */
async function identify(
  { attestation, checkLimit, firstIdentity }: GateDeps,
  { method, signal }: Call<Caller>,
  { peer, connection }: { readonly peer: Peer; readonly connection: CallerConnection },
): Promise<readonly Selector[]> {
  const selectors = await attestation.attest(peer, signal);
  if (!connection.isBounded) return selectors;
  checkLimit(method, selectors);
  const waiting = firstIdentity({ method, selectors, signal });
  if (waiting !== undefined) await whileIdle(connection, waiting);
  return selectors;
}

/** Meanwhile the connection makes room for others: it holds nothing that anybody is entitled to. */
async function whileIdle(connection: CallerConnection, waiting: Promise<void>): Promise<void> {
  connection.end();
  try {
    await waiting;
  } finally {
    connection.begin();
  }
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
