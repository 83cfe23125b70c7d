/** A CA of an operator's own, as it is imported. Used by the tests of imports. */
import type { ImportRequest } from '../../../server/ca/import-by-hand.ts';
import type { BroughtCa } from '../../../server/ca/imported-ca.ts';
import { toHex } from '../../../shared/bytes.ts';
import { privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import type { Entity } from '../../shared/crypto/pki.ts';
import {
  type CorporateCa,
  corporateIntermediate,
  corporateRoot,
} from '../upstream-authority/corporate-ca.ts';
import type { CaServer, CaTestbed } from './ca-testbed.ts';

export const keyOf = ({ privateKey }: Pick<CorporateCa, 'privateKey'>): Uint8Array =>
  privateKeyToPkcs8(privateKey);

/** With what is above it, up to its root. */
export const brought = (ca: CorporateCa, ...above: readonly Entity[]): BroughtCa => ({
  certificates: [ca, ...above].map(({ certificate }) => certificate.raw),
  privateKey: keyOf(ca),
});

export interface OwnCas {
  readonly root: CorporateCa;
  /** Below the root. */
  readonly middle: CorporateCa;
  /** Below the one in the middle. */
  readonly issuing: CorporateCa;
}

export async function ownCas(): Promise<OwnCas> {
  const root = await corporateRoot();
  const middle = await corporateIntermediate(root, 'Acme Middle');
  return { root, middle, issuing: await corporateIntermediate(middle) };
}

export const byHand = (server: Pick<CaServer, 'authorities'>) => server.authorities.byHand(async () => {});
export const asked = (
  isActivated: boolean,
  ca: CorporateCa,
  ...above: readonly CorporateCa[]
): ImportRequest => ({
  ...brought(ca, ...above),
  isActivated,
});
export const prepare = (
  server: Pick<CaServer, 'authorities'>,
  ca: CorporateCa,
  ...above: readonly CorporateCa[]
) => byHand(server).imports.import(asked(false, ca, ...above));
export const activate = (
  server: Pick<CaServer, 'authorities'>,
  ca: CorporateCa,
  ...above: readonly CorporateCa[]
) => byHand(server).imports.import(asked(true, ca, ...above));
export const slots = ({ x509 }: CaServer): string =>
  x509.current.all
    .map(({ status, authorityId, isImported }) => `${status} ${authorityId}${isImported ? ' imported' : ''}`)
    .join(', ');
export const bundleOf = async (bed: CaTestbed): Promise<readonly string[]> =>
  (await bed.authorities()).map(({ certificate }) => toHex(certificate));
