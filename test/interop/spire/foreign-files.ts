/** Bundles of other trust domains in files, the same in every world of commands.test.ts, and by which names what is in them goes there. */
import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBundle } from '../../../shared/bundle/format-bundle.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { makeAuthorities } from '../../fakes/wire-bundles.ts';

export interface ForeignFiles {
  /** `one.pem`: one certificate. */
  readonly pem: string;
  /** `two.json`: a SPIFFE bundle with two certificates, one of them that of `one.pem`, and a key for JWT-SVIDs. */
  readonly json: string;
  /** What is printed of them: name -> text. */
  readonly known: ReadonlyMap<string, string>;
}

/** Nothing but the names, for what a step is called. */
export const NO_FILES: ForeignFiles = { pem: 'ONE-PEM', json: '"TWO-JSON"', known: new Map() };

export async function makeForeignFiles(): Promise<ForeignFiles> {
  const { certificates, keys } = await makeAuthorities(2);
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = certificates;
  const [publicKey = Buffer.alloc(0)] = keys;
  const pem = formatPem('CERTIFICATE', first);
  const { x = '', y = '' } = createPublicKey({ key: publicKey, format: 'der', type: 'spki' }).export({
    format: 'jwk',
  });
  const known = new Map([
    ['ONE-PEM', pem],
    ['TWO-PEM', formatPem('CERTIFICATE', second)],
    ['FIRST-ROOT', first.toString('base64')],
    ['SECOND-ROOT', second.toString('base64')],
    ['JWT-KEY', publicKey.toString('base64')],
    ['JWT-KEY-X', x],
    ['JWT-KEY-Y', y],
  ]);
  const json = formatBundle({
    trustDomain: TrustDomain.parse('two.test'),
    x509Authorities: [first, second].map((certificate) => ({ certificate, tainted: false })),
    jwtAuthorities: [{ keyId: 'foreign', publicKey, expiresAt: undefined, tainted: false }],
    witAuthorities: [],
    refreshHintSeconds: 60,
    sequenceNumber: 7,
  });
  return { pem, json, known };
}

export function writeForeignFiles({ pem, json }: ForeignFiles, folder: string): void {
  writeFileSync(join(folder, 'one.pem'), pem);
  writeFileSync(join(folder, 'two.json'), json);
}
