/** Bundles as `bundle show` and `bundle list` print them. */
import type { BundleOutput } from '../../proto/gen/spire/api/types/Bundle.ts';
import { formatBundle } from '../../shared/bundle/format-bundle.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import type { BundleFormat } from './bundle-format.ts';
import { bundleFromWire } from './wire-bundle.ts';

export const bundleText = (bundle: BundleOutput, format: BundleFormat): string =>
  format === 'spiffe'
    ? `${formatBundle(bundleFromWire(bundle))}\n`
    : bundle.x509_authorities.map(({ asn1 }) => formatPem('CERTIFICATE', asn1)).join('');

const STARS = '*'.repeat(40);

/** Above the bundle of one trust domain among several. */
export const bundleHeader = ({ trust_domain }: BundleOutput): string =>
  `${STARS}\n* ${trust_domain}\n${STARS}\n`;
