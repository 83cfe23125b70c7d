/** Builds the certificates of a draft: as shared/crypto does, with raw changes before and after they are signed. */
import { buildCertificate } from '../../../shared/crypto/certificate-builder.ts';
import { bitString, encode, sequence } from '../../../shared/crypto/der-writer.ts';
import { subjectKeyId } from '../../../shared/crypto/keys.ts';
import type { Signer } from '../../../shared/crypto/signer.ts';
import { type Parts, takeApart, tbsOf } from '../../shared/crypto/edit-certificate.ts';
import type { Dice } from './dice.ts';
import { type BuiltCase, type CaseDraft, type Draft, present } from './draft.ts';
import { type Algorithm, algorithms, signWith, usualAlgorithm } from './keys.ts';

export interface Case {
  readonly chain: readonly Uint8Array[];
  readonly roots: readonly Uint8Array[];
  readonly at: Date;
  readonly purposes: readonly string[];
  readonly deeds: readonly string[];
}

export async function buildCase(draft: CaseDraft, dice: Dice): Promise<Case> {
  const { path, extras, after, at, purposes, deeds } = draft;
  const certificates: Uint8Array[] = [];
  for (const [at, each] of path.entries()) certificates.push(await build(each, path[at + 1] ?? each));
  const built: BuiltCase = {
    leaf: present(certificates[0]),
    rest: certificates.slice(1, -1),
    roots: certificates.slice(-1),
  };
  for (const { draft: each, signedBy, into } of extras)
    (into === 'chain' ? built.rest : built.roots).push(await build(each, signedBy));
  for (const deed of after) deed(built);
  const chain = [built.leaf, ...dice.shuffled(built.rest)];
  return { chain, roots: dice.shuffled(built.roots), at, purposes, deeds };
}

let serial = 0;

async function build(draft: Draft, issuer: Draft): Promise<Uint8Array> {
  serial = (serial + 1) % 0x7fff_ffff;
  const signer = draft.signer ?? issuer.key;
  const algorithm: Algorithm = algorithms[draft.algorithm ?? usualAlgorithm(signer.kind)];
  const { authorityKeyId = subjectKeyId(issuer.key.publicKey) } = draft;
  const unsigned = await buildCertificate({
    subjectKeyId: subjectKeyId(draft.key.publicKey),
    ...draft.fields,
    ...(authorityKeyId === null ? {} : { authorityKeyId }),
    publicKey: draft.key.publicKey,
    serialNumber: Uint8Array.of(serial >> 24, serial >> 16, serial >> 8, serial),
    issuer: NO_SIGNER,
    issuerName: issuer.fields.subject,
  });
  const parts: Parts = {
    ...takeApart(unsigned),
    innerAlgorithm: algorithm.der,
    outerAlgorithm: algorithm.der,
  };
  const edited = apply(parts, draft.edits);
  const signature = signWith(signer, algorithm, encode(tbs(edited, draft)));
  const signed = apply({ ...edited, signature: bitString(signature) }, draft.tampering);
  return encode(sequence(tbs(signed, draft), signed.outerAlgorithm, signed.signature));
}

/** Signs nothing: what is signed is not settled yet. */
const NO_SIGNER: Signer = {
  keyType: 'ec-p256',
  publicKey: new Uint8Array(),
  sign: () => Promise.resolve(new Uint8Array()),
};

const apply = (parts: Parts, changes: Draft['edits']): Parts =>
  changes.reduce((before, deed) => ({ ...before, ...deed(before) }), parts);

/** Version 1 is not written, and has no extensions (RFC 5280 4.1.2.1). */
function tbs(parts: Parts, { isVersion1 = false }: Draft) {
  if (!isVersion1) return tbsOf(parts);
  const { serialNumber, innerAlgorithm, issuer, validity, subject, publicKey } = parts;
  return sequence(serialNumber, innerAlgorithm, issuer, validity, subject, publicKey);
}
