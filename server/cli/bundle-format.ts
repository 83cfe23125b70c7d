/** Bundles of files and flags, in the formats that commands read and print: `pem` and `spiffe`. Used by the `bundle` and `federation` commands. */
import type { Bundle as WireBundle } from '../../proto/gen/spire/api/types/Bundle.ts';
import { parseBundleJson } from '../../shared/bundle/bundle-json.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { messageOf } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { FORMATS } from './bundle-flags.ts';
import { bundleToWire } from './wire-bundle.ts';

export type BundleFormat = (typeof FORMATS)[number];

/** Throws UsageError that names the flag. */
export function bundleFormat(flags: Flags, name: string): BundleFormat {
  const text = flags.text(name).toLowerCase();
  const format = FORMATS.find((known) => known === text);
  if (format === undefined) throw new UsageError(`-${name} is pem or spiffe, not "${text}"`);
  return format;
}

/** A name, or a SPIFFE ID in it. Throws UsageError that begins with `what`. */
export function namedTrustDomain(what: string, text: string): TrustDomain {
  try {
    return text.includes(':/') ? SpiffeId.parse(text).trustDomain : TrustDomain.parse(text);
  } catch (error) {
    throw new UsageError(`${what}: ${messageOf(error)}`);
  }
}

/** Throws UsageError with what is wrong, and what else it looks like. */
export function readBundle(text: string, format: BundleFormat, trustDomain: TrustDomain): WireBundle {
  try {
    if (format === 'spiffe') return bundleToWire(parseBundleJson(text, trustDomain));
    return { trust_domain: trustDomain.name, x509_authorities: readCertificates(text) };
  } catch (error) {
    throw new UsageError(`unable to parse bundle data: ${messageOf(error)}${hintOf(text, format)}`);
  }
}

function readCertificates(text: string): { asn1: Buffer }[] {
  const certificates = parsePem(text, 'CERTIFICATE', { foreign: 'refuse' });
  if (certificates.length === 0) throw new UsageError('no PEM blocks');
  return certificates.map((der) => ({ asn1: Buffer.from(der) }));
}

function hintOf(text: string, format: BundleFormat): string {
  if (format === 'pem' && text.trimStart().startsWith('{')) return '; this looks like the format "spiffe"';
  return format === 'spiffe' && text.includes('-----BEGIN') ? '; this looks like the format "pem"' : '';
}
