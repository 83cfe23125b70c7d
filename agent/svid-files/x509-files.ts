/** What FetchX509SVID answers, as the three PEM files of spiffe-helper. Called by x509.ts. */
import { utf8 } from '../../shared/bytes.ts';
import type { X509Context, X509Identity } from '../../shared/client/x509-context.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { notFound } from '../../shared/errors.ts';
import type { HelperConfig } from './config.ts';
import type { X509Files } from './config/file-fields.ts';
import type { OwnedFile } from './write-together.ts';

type Wanted = Pick<
  HelperConfig,
  'hint' | 'addsIntermediatesToBundle' | 'includesFederated' | 'omitsExpired' | 'modes'
>;

export interface X509FilesWanted extends Wanted {
  readonly names: X509Files;
  readonly at: Date;
}

/** Throws NotFound where no identity has the hint. */
export function x509Files(
  context: X509Context,
  { names, at, ...wanted }: X509FilesWanted,
): readonly OwnedFile[] {
  const identity = hinted(context.identities, wanted.hint);
  const [leaf, ...intermediates] = identity.chain;
  const own = identity.svid.id.trustDomain.name;
  const roots = [
    ...(context.bundles.get(own) ?? []),
    ...(wanted.addsIntermediatesToBundle ? intermediates : []),
    ...(wanted.includesFederated ? federatedRoots(context, own) : []),
  ].filter((der) => !wanted.omitsExpired || parseCertificate(der).notAfter >= at);
  const chain = wanted.addsIntermediatesToBundle ? [leaf] : identity.chain;
  return [
    {
      path: names.svid,
      bytes: certificates(chain.filter((der) => der !== undefined)),
      mode: wanted.modes.cert,
    },
    {
      path: names.key,
      bytes: utf8(formatPem('PRIVATE KEY', privateKeyToPkcs8(identity.privateKey))),
      mode: wanted.modes.key,
    },
    { path: names.bundle, bytes: certificates(roots), mode: wanted.modes.cert },
  ];
}

/** The first one without a hint to look for. */
function hinted(identities: readonly X509Identity[], hint: string): X509Identity {
  const found = hint === '' ? identities[0] : identities.find((one) => one.hint === hint);
  if (found !== undefined) return found;
  const there = identities.map((one) => `"${one.hint}"`).join(', ');
  throw notFound(`no X.509-SVID has the hint "${hint}"; there are ${there}`);
}

const federatedRoots = ({ bundles }: X509Context, own: string): readonly Uint8Array[] =>
  [...bundles].filter(([name]) => name !== own).flatMap(([, roots]) => roots);

const certificates = (ders: readonly Uint8Array[]): Uint8Array =>
  utf8(ders.map((der) => formatPem('CERTIFICATE', der)).join(''));
