/** Debug/GetInfo: the server's own SVID up to its authority, how long it runs, and how much it holds. */
import type { GetInfoResponse } from '../../../proto/gen/spire/api/server/debug/v1/GetInfoResponse.ts';
import type { SPIFFEID } from '../../../proto/gen/spire/api/types/SPIFFEID.ts';
import { type Clock, unixSeconds } from '../../../shared/clock.ts';
import type { Certificate } from '../../../shared/crypto/certificate.ts';
import { verifyChain } from '../../../shared/crypto/chain.ts';
import { nameText } from '../../../shared/crypto/name-text.ts';
import { parsePem } from '../../../shared/crypto/pem.ts';
import { withContext } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { parseX509Svid } from '../../../shared/svid/x509-svid.ts';
import { findAuthority } from '../../../shared/svid/x509-authority.ts';
import type { BundleCache } from '../../bundle/bundle-cache.ts';
import type { BundleStore } from '../../bundle/bundle-store.ts';
import type { OwnSvid } from '../../listen/own-svid.ts';
import type { CallContext } from '../gate/context.ts';
import { spiffeIdToWire } from '../wire/spiffe-id.ts';

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

/** Made anew every five seconds at most, once for all who ask meanwhile. */
export function getInfo(needs: GetInfoNeeds): Handler<CallContext> {
  let madeMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<GetInfoResponse> | undefined;
  return unary((): Promise<GetInfoResponse> => {
    const nowMs = needs.clock.monotonicMs();
    if (answer !== undefined && nowMs - madeMs < KEPT_MS) return answer;
    madeMs = nowMs;
    const made = makeAnswer(needs, (nowMs - needs.startedMs) / 1_000);
    answer = made;
    made.catch(() => {
      if (answer === made) answer = undefined; // a failure is not kept
    });
    return made;
  });
}

async function makeAnswer(needs: GetInfoNeeds, uptimeSeconds: number): Promise<GetInfoResponse> {
  const { agents, entries, bundles } = needs;
  return {
    svid_chain: ownChain(needs).map(certificateToWire),
    uptime: Math.floor(uptimeSeconds),
    agents_count: agents.size,
    entries_count: entries.size,
    // DIVERGES: SPIRE counts the trust domain's own bundle with them.
    federated_bundles_count: Math.max((await bundles.count()) - 1, 0),
  };
}

/** From the leaf to the authority in the bundle. Throws in SPIRE's words where that does not vouch for it. */
function ownChain({ ownSvid, bundle, clock }: GetInfoNeeds): readonly Certificate[] {
  const { certificates } = parseX509Svid(parsePem(ownSvid.identity().certificatePem, 'CERTIFICATE'));
  const roots = bundle
    .current()
    .x509Authorities.map(({ certificate }) => findAuthority(certificate))
    .filter((authority) => authority !== undefined);
  try {
    return verifyChain({ chain: certificates, roots, at: clock.now() });
  } catch (cause) {
    throw withContext('failed verification against bundle', cause);
  }
}

const certificateToWire = ({ uriSans, notAfter, subject }: Certificate) => ({
  id: idOf(uriSans),
  expires_at: String(unixSeconds(notAfter)),
  subject: nameText(subject),
});

/** A corporate CA has none. */
function idOf([uri = '']: readonly string[]): SPIFFEID | null {
  try {
    return spiffeIdToWire(SpiffeId.parse(uri));
  } catch {
    return null;
  }
}
