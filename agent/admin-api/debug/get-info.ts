/** Debug/GetInfo: the agent's own SVID up to its authority, how long it runs, what it holds and when it last heard of it. */
import type { GetInfoResponse } from '../../../proto/gen/spire/agent/debug/v1/GetInfoResponse.ts';
import { type Clock, unixSeconds } from '../../../shared/clock.ts';
import { internal, messageOf } from '../../../shared/errors.ts';
import { remembered } from '../../../shared/remembered.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import { type CertificateInfo, svidChainInfo } from '../../../shared/rpc/svid-chain-info.ts';
import type { OwnSvid } from '../../agent-svid/own-svid.ts';
import type { BundleCache } from '../../cache/bundle-cache.ts';
import type { JwtSvids } from '../../cache/jwt-source.ts';
import type { WorkloadIdentities } from '../../cache/workload-identities.ts';
import type { AdminContext } from '../gate.ts';

export interface GetInfoDeps {
  readonly clock: Clock;
  /** By the steady clock. */
  readonly startedMs: number;
  readonly own: Pick<OwnSvid, 'current'>;
  readonly bundles: Pick<BundleCache, 'own'>;
  readonly identities: Pick<WorkloadIdentities, 'syncState'>;
  /** What is held in memory. */
  readonly svids: { readonly svidCount: number };
  readonly jwtSvids: Pick<JwtSvids, 'count'>;
}

const KEPT_MS = 5_000; // SPIRE's

export function getInfo(deps: GetInfoDeps): Handler<AdminContext> {
  return unary(remembered(KEPT_MS, deps.clock, () => makeAnswer(deps)));
}

async function makeAnswer(deps: GetInfoDeps): Promise<GetInfoResponse> {
  const { clock, startedMs, identities, svids, jwtSvids } = deps;
  const { lastSyncAt } = identities.syncState();
  return {
    svid_chain: ownChain(deps),
    uptime: Math.floor((clock.monotonicMs() - startedMs) / 1_000),
    svids_count: svids.svidCount,
    cached_x509_svids_count: svids.svidCount,
    cached_jwt_svids_count: jwtSvids.count,
    last_sync_success: lastSyncAt === undefined ? 0 : unixSeconds(lastSyncAt),
  };
}

/** Throws Internal, in SPIRE's words, where the bundle does not vouch for it. */
function ownChain({ own, bundles, clock }: GetInfoDeps): CertificateInfo[] {
  const authorities = bundles.own.x509Authorities.map(({ certificate }) => certificate);
  try {
    return svidChainInfo({ chain: own.current?.svid.certificates ?? [], authorities, at: clock.now() });
  } catch (cause) {
    throw internal(`failed to verify agent SVID: ${messageOf(cause)}`, { cause });
  }
}
