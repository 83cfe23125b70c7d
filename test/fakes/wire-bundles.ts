/** Authorities and bundles of other trust domains, as they come over the wire. Used by tests of bundles and relationships. */
import type { Bundle } from '../../proto/gen/spire/api/types/Bundle.ts';
import { generateKeyPair, keySigner } from '../../shared/crypto/keys.ts';
import { FakeAuthority } from './server-authority.ts';

export interface Authorities {
  /** CA certificates, DER. */
  readonly certificates: readonly Buffer[];
  /** SubjectPublicKeyInfo, DER. */
  readonly keys: readonly Buffer[];
}

/** Some of each. */
export async function makeAuthorities(count: number): Promise<Authorities> {
  const [from, to] = [new Date('2025-01-01T00:00:00Z'), new Date('2035-01-01T00:00:00Z')];
  const each = Array.from({ length: count });
  return {
    certificates: await Promise.all(
      each.map(async () => Buffer.from((await FakeAuthority.make('other.org', from, to)).root.raw)),
    ),
    keys: await Promise.all(
      each.map(async () => Buffer.from(keySigner((await generateKeyPair('ec-p256')).privateKey).publicKey)),
    ),
  };
}

/** With one authority of each kind, as the server answers with it. */
export const wireBundle = (
  trust_domain: string,
  { certificates: [asn1], keys: [public_key] }: Authorities,
  fields: Bundle = {},
) => ({
  trust_domain,
  x509_authorities: asn1 === undefined ? [] : [{ asn1, tainted: false }],
  jwt_authorities: public_key === undefined ? [] : [wireKey('jwt', public_key)],
  refresh_hint: '60',
  sequence_number: '7',
  wit_authorities: public_key === undefined ? [] : [wireKey('wit', public_key)],
  ...fields,
});

export const wireKey = (key_id: string, public_key: Buffer, expires_at = '4102444800') => ({
  public_key,
  key_id,
  expires_at,
  tainted: false,
});
