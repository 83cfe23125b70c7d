/** Debug/GetInfo: the server's own SVID up to its authority, how long it runs, and how much it holds. */
import type { GetInfoResponse } from '../../../proto/gen/spire/api/server/debug/v1/GetInfoResponse.ts';
import type { Clock } from '../../../shared/clock.ts';
import { parsePem } from '../../../shared/crypto/pem.ts';
import { withContext } from '../../../shared/errors.ts';
import { remembered } from '../../../shared/remembered.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import { type CertificateInfo, svidChainInfo } from '../../../shared/rpc/svid-chain-info.ts';
import { parseX509Svid } from '../../../shared/svid/x509-svid.ts';
import type { BundleCache } from '../../bundle/bundle-cache.ts';
import type { BundleStore } from '../../bundle/bundle-store.ts';
import type { OwnSvid } from '../../listen/own-svid.ts';
import type { CallContext } from '../gate/context.ts';

export interface GetInfoNeeds {
  readonly clock: Clock;
  /** By the steady clock. */
  readonly startedMs: number;
  readonly ownSvid: Pick<OwnSvid, 'identity'>;
  readonly bundle: Pick<BundleCache, 'current'>;
  readonly bundles: Pick<BundleStore, 'count'>;
  /** What is held in memory: nothing is counted. */
  readonly agents: { readonly size: number };
  readonly entries: { readonly size: number };
}

const KEPT_MS = 5_000; // SPIRE's

export function getInfo(needs: GetInfoNeeds): Handler<CallContext> {
  const { clock, startedMs } = needs;
  return unary(
    remembered(KEPT_MS, clock, () => makeAnswer(needs, (clock.monotonicMs() - startedMs) / 1_000)),
  );
}

async function makeAnswer(needs: GetInfoNeeds, uptimeSeconds: number): Promise<GetInfoResponse> {
  const { agents, entries, bundles } = needs;
  return {
    svid_chain: ownChain(needs),
    uptime: Math.floor(uptimeSeconds),
    agents_count: agents.size,
    entries_count: entries.size,
    // DIVERGES: SPIRE counts the trust domain's own bundle with them.
    federated_bundles_count: Math.max((await bundles.count()) - 1, 0),
  };
}

/** Throws in SPIRE's words where the bundle does not vouch for it. */
function ownChain({ ownSvid, bundle, clock }: GetInfoNeeds): CertificateInfo[] {
  const { certificates: chain } = parseX509Svid(parsePem(ownSvid.identity().certificatePem, 'CERTIFICATE'));
  const authorities = bundle.current().x509Authorities.map(({ certificate }) => certificate);
  try {
    return svidChainInfo({ chain, authorities, at: clock.now() });
  } catch (cause) {
    throw withContext('failed verification against bundle', cause);
  }
}
