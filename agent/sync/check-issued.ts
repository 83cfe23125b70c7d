/** The last look at an SVID before a workload gets it. Called by renew-svids. */
import { bytesEqual } from '../../shared/bytes.ts';
import { internal } from '../../shared/errors.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { verifyX509Svid, type X509Svid } from '../../shared/svid/x509-svid.ts';
import type { AgentEntry } from '../cache/agent-entry.ts';

export interface Issued {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly entry: AgentEntry;
  /** SubjectPublicKeyInfo of our key. */
  readonly publicKey: Uint8Array;
  readonly authorities: (trustDomain: TrustDomain) => readonly Uint8Array[] | undefined;
  readonly at: Date;
}

/** Throws unless the chain is what was asked for: the entry's ID, our key, and an authority that is trusted now. */
export function checkIssued({ chain, entry, publicKey, authorities, at }: Issued): X509Svid {
  const svid = verifyX509Svid({ chain, authorities, at });
  if (!svid.id.equals(entry.spiffeId))
    throw internal(`server issued "${svid.id}" in place of "${entry.spiffeId}"`);
  const leaf = svid.certificates[0];
  if (leaf === undefined || !bytesEqual(leaf.publicKey, publicKey))
    throw internal('server issued a certificate for another key than ours');
  return svid;
}
