/** A CA certificate that an upstream authority signs for a key of ours, and the look at what comes back. Called by ca/x509-kind. */
import { bytesEqual, toDecimal } from '../../shared/bytes.ts';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import { distinguishedName } from '../../shared/crypto/names.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { MintedCa, UpstreamAuthority } from '../upstream-authority/upstream-authority.ts';
import type { CaUpstream } from './authorities.ts';
import { checkIssuingChain } from './issuing-chain.ts';
import { CA_KEY_USAGE, type SelfSignedRequest } from './self-signed.ts';
import { newSerialNumber } from './serial-number.ts';

export interface UpstreamSignedRequest extends SelfSignedRequest {
  readonly upstreamAuthority: UpstreamAuthority;
}

export interface UpstreamSigned {
  readonly certificate: Certificate;
  readonly upstream: CaUpstream;
}

/** Throws as the upstream authority does, and FailedPrecondition when what it signed is not what was asked for. */
export async function makeUpstreamSigned(request: UpstreamSignedRequest): Promise<UpstreamSigned> {
  const { signer, subject, trustDomain, ttlSeconds, random, upstreamAuthority } = request;
  const csr = await buildCsr(signer, {
    spiffeId: SpiffeId.parse(trustDomain.id),
    // As in a self-signed one: the number keeps the issuers' names of one trust domain apart
    subject: distinguishedName({ ...subject, serialNumber: toDecimal(newSerialNumber(random)) }),
  });
  const minted = await upstreamAuthority.mintX509Ca({ csr, preferredTtlSeconds: ttlSeconds });
  try {
    return checkMinted(minted, request);
  } catch (cause) {
    throw new CodedError(
      Code.failedPrecondition,
      `what the upstream CA signed cannot be used: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function checkMinted(minted: MintedCa, { signer, trustDomain, now }: UpstreamSignedRequest): UpstreamSigned {
  const chain = minted.chain.map(parseCertificate);
  const roots = minted.roots.map(parseCertificate);
  const { certificates, roots: ordered } = checkIssuingChain({
    chain,
    roots,
    trustDomain,
    at: now,
    casBelow: 0,
  });
  const [certificate, ...intermediates] = certificates;
  if (certificate === undefined || !bytesEqual(certificate.publicKey, signer.publicKey))
    throw new Error('it is for another key');
  if (certificate.uriSans.length !== 1 || certificate.uriSans[0] !== trustDomain.id)
    throw new Error(`its name is not ${trustDomain.id} alone`);
  if (certificate.dnsSans.length + certificate.otherSanCount > 0) throw new Error('it has other names too');
  const { keyUsage } = certificate;
  if (keyUsage === undefined || [...keyUsage].some((usage) => !CA_KEY_USAGE.includes(usage)))
    throw new Error('it has key usages that a signing certificate must not have'); // X509-SVID 4.3
  const raw = (list: readonly Certificate[]): readonly Uint8Array[] => list.map(({ raw }) => raw);
  return { certificate, upstream: { intermediates: raw(intermediates), roots: raw(ordered) } };
}
