/** Bundles as a kept file holds them, taints included, which a SPIFFE bundle document has no room for. Used by kept-text. */
import type { Bundle, TokenAuthority, X509Authority } from '../../shared/bundle/bundle.ts';
import { toBase64 } from '../../shared/bytes.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import {
  type Json,
  readBytes,
  readDate,
  readFlag,
  readList,
  readNumber,
  readObject,
  readText,
} from './kept-fields.ts';

export const bundleToJson = (bundle: Bundle): Json => ({
  trustDomain: bundle.trustDomain.name,
  x509: bundle.x509Authorities.map(({ certificate, tainted }) => ({
    certificate: toBase64(certificate),
    tainted,
  })),
  jwt: bundle.jwtAuthorities.map(tokenToJson),
  wit: bundle.witAuthorities.map(tokenToJson),
  refreshHintSeconds: bundle.refreshHintSeconds,
  sequenceNumber: bundle.sequenceNumber,
});

const tokenToJson = ({ keyId, publicKey, expiresAt, tainted }: TokenAuthority): Json => ({
  keyId,
  publicKey: toBase64(publicKey),
  ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.getTime() }),
  tainted,
});

/** Throws InvalidArgument on anything that was not written by bundleToJson. */
export function bundleFromJson(value: unknown): Bundle {
  const json = readObject(value, 'bundle');
  return {
    trustDomain: TrustDomain.parse(readText(json, 'trustDomain')),
    x509Authorities: readList(json, 'x509', readX509),
    jwtAuthorities: readList(json, 'jwt', readToken),
    witAuthorities: readList(json, 'wit', readToken),
    refreshHintSeconds: readNumber(json, 'refreshHintSeconds'),
    sequenceNumber: readNumber(json, 'sequenceNumber'),
  };
}

function readX509(value: unknown): X509Authority {
  const json = readObject(value, 'x509');
  return {
    certificate: readBytes(json['certificate'], 'certificate'),
    tainted: readFlag(json, 'tainted'),
  };
}

function readToken(value: unknown): TokenAuthority {
  const json = readObject(value, 'authority');
  return {
    keyId: readText(json, 'keyId'),
    publicKey: readBytes(json['publicKey'], 'publicKey'),
    expiresAt: json['expiresAt'] === undefined ? undefined : readDate(json, 'expiresAt'),
    tainted: readFlag(json, 'tainted'),
  };
}
