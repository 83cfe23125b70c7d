/** Wire shapes into the agent's own and back. Called by the clients beside it; nothing beyond them sees the wire. */
import type { BundleOutput } from '../../proto/gen/spire/api/types/Bundle.ts';
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { JWTKeyOutput } from '../../proto/gen/spire/api/types/JWTKey.ts';
import type { SPIFFEIDOutput } from '../../proto/gen/spire/api/types/SPIFFEID.ts';
import type { X509SVIDOutput } from '../../proto/gen/spire/api/types/X509SVID.ts';
import type { Bundle, TokenAuthority } from '../../shared/bundle/bundle.ts';
import { fromUnixSeconds } from '../../shared/clock.ts';
import { internal } from '../../shared/errors.ts';
import { checkSelector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { AgentEntry } from '../cache/agent-entry.ts';

/** A copy: what the decoder hands out would keep its whole message in memory. */
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** Throws InvalidArgument on an ID that is missing or breaks the rules. */
function readSpiffeId(wire: SPIFFEIDOutput | null): SpiffeId {
  if (wire === null) throw internal('SPIFFE ID is missing');
  return SpiffeId.of(TrustDomain.parse(wire.trust_domain), wire.path);
}

/** DER, leaf first; throws when there is none. */
export function readChain(wire: X509SVIDOutput | null): readonly Uint8Array[] {
  if (wire === null || wire.cert_chain.length === 0) throw internal('server sent no certificate');
  return wire.cert_chain.map(copy);
}

/** Throws on an entry that breaks the rules or is of another trust domain. */
export function readEntry(wire: EntryOutput, trustDomain: TrustDomain): AgentEntry {
  const spiffeId = readSpiffeId(wire.spiffe_id);
  if (!spiffeId.isMemberOf(trustDomain)) throw internal(`"${spiffeId}" is of another trust domain`);
  if (wire.id === '') throw internal('entry has no id');
  if (wire.selectors.length === 0) throw internal('entry has no selectors');
  return {
    id: wire.id,
    spiffeId,
    selectors: wire.selectors.map(({ type, value }) => checkSelector({ type, value })),
    federatesWith: wire.federates_with.map((name) => TrustDomain.parse(name)),
    hint: wire.hint,
    revisionNumber: Number(wire.revision_number),
    createdAt: fromUnixSeconds(Number(wire.created_at)),
    admin: wire.admin,
    downstream: wire.downstream,
    storeSvid: wire.store_svid,
    disableX509SvidPrefetch: wire.additional_attributes?.disable_x509_svid_prefetch ?? false,
    jwtSvidIncludeJti: wire.additional_attributes?.jwt_svid_include_jti ?? false,
  };
}

/** Throws unless it is the bundle of the trust domain that was asked for. */
export function readBundle(wire: BundleOutput, trustDomain: TrustDomain): Bundle {
  if (!TrustDomain.parse(wire.trust_domain).equals(trustDomain))
    throw internal(`server sent the bundle of "${wire.trust_domain}" in place of that of "${trustDomain}"`);
  return {
    trustDomain,
    x509Authorities: wire.x509_authorities.map(({ asn1, tainted }) => ({ certificate: copy(asn1), tainted })),
    jwtAuthorities: wire.jwt_authorities.map(readTokenAuthority),
    witAuthorities: wire.wit_authorities.map(readTokenAuthority),
    refreshHintSeconds: Number(wire.refresh_hint),
    sequenceNumber: Number(wire.sequence_number),
  };
}

const readTokenAuthority = (wire: JWTKeyOutput): TokenAuthority => ({
  keyId: wire.key_id,
  publicKey: copy(wire.public_key),
  expiresAt: wire.expires_at === '0' ? undefined : fromUnixSeconds(Number(wire.expires_at)),
  tainted: wire.tainted,
});
