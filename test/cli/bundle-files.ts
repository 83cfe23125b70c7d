/** The bundle of another trust domain in files, for the commands that read them. Used by the tests of `bundle` and `federation`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBundle } from '../../shared/bundle/format-bundle.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { makeAuthorities } from '../fakes/wire-bundles.ts';

export interface BundleFiles {
  /** Of `b.pem`. */
  readonly pem: string;
  /** Of `b.json`: with keys of every kind. */
  readonly jwks: string;
}

/** Writes also `empty`, and `two.json` with two relationships in SPIRE's shape. */
export async function writeBundleFiles(directory: string): Promise<BundleFiles> {
  const {
    certificates: [certificate = Buffer.alloc(0)],
    keys: [publicKey = Buffer.alloc(0)],
  } = await makeAuthorities(1);
  const pem = formatPem('CERTIFICATE', certificate);
  const jwks = formatBundle({
    trustDomain: TrustDomain.parse('other.org'),
    x509Authorities: [{ certificate, tainted: false }],
    jwtAuthorities: [{ keyId: 'jwt', publicKey, expiresAt: undefined, tainted: false }],
    witAuthorities: [{ keyId: 'wit', publicKey, expiresAt: undefined, tainted: false }],
    refreshHintSeconds: 60,
    sequenceNumber: 7,
  });
  writeFiles(directory, pem, jwks);
  return { pem, jwks };
}

function writeFiles(directory: string, pem: string, jwks: string): void {
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  write('b.pem', pem);
  write('b.json', jwks);
  write('empty', '');
  const federationRelationships = [
    {
      trustDomain: 'a.org',
      bundleEndpointURL: 'https://a.org/bundle',
      bundleEndpointProfile: 'https_spiffe',
      endpointSPIFFEID: 'spiffe://a.org/e',
      trustDomainBundle: pem,
      trustDomainBundleFormat: 'pem',
    },
    {
      trustDomain: 'b.org',
      bundleEndpointURL: 'https://b.org/bundle',
      bundleEndpointProfile: 'https_web',
      trustDomainBundle: JSON.parse(jwks) as unknown,
      trustDomainBundleFormat: 'spiffe',
    },
  ];
  write('two.json', JSON.stringify({ federationRelationships }));
}
