/** What the Debug APIs tell of a program's own SVID: each certificate up to its authority. Used by server and agent. */
import type { SPIFFEID } from '../../proto/gen/spire/api/types/SPIFFEID.ts';
import { unixSeconds } from '../clock.ts';
import type { Certificate } from '../crypto/certificate.ts';
import { verifyChain } from '../crypto/chain.ts';
import { nameText } from '../crypto/name-text.ts';
import { SpiffeId } from '../spiffe/spiffe-id.ts';
import { findAuthority } from '../svid/x509-authority.ts';

/** As both APIs have it: `GetInfoResponse.Cert`. */
export interface CertificateInfo {
  readonly id: SPIFFEID | null;
  readonly expires_at: string;
  readonly subject: string;
}

export interface SvidChainInfoNeeds {
  /** Leaf first. */
  readonly chain: readonly Certificate[];
  /** DER. */
  readonly authorities: readonly Uint8Array[];
  readonly at: Date;
}

/** From the leaf to the authority. Throws where none of them vouches for it. */
export function svidChainInfo({ chain, authorities, at }: SvidChainInfoNeeds): CertificateInfo[] {
  const roots = authorities.map(findAuthority).filter((authority) => authority !== undefined);
  return verifyChain({ chain, roots, at }).map(certificateInfo);
}

const certificateInfo = ({ uriSans, notAfter, subject }: Certificate): CertificateInfo => ({
  id: idOf(uriSans),
  expires_at: String(unixSeconds(notAfter)),
  subject: nameText(subject),
});

/** A corporate CA has none. */
function idOf([uri = '']: readonly string[]): SPIFFEID | null {
  try {
    const { trustDomain, path } = SpiffeId.parse(uri);
    return { trust_domain: trustDomain.name, path };
  } catch {
    return null;
  }
}
