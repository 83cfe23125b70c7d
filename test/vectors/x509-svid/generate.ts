/**
 * Writes the X509-SVID vectors beside it, one PEM file per wrong thing: a header, the chain, then the roots of the trust
 * domain. Run by hand when a vector is added (`node test/vectors/x509-svid/generate.ts`); keys are new each time.
 */
import { writeFileSync } from 'node:fs';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { editAndSign } from '../../shared/crypto/edit-certificate.ts';
import { type Entity, makeIntermediate, makeLeaf, makeRoot, named } from '../../shared/crypto/pki.ts';
import { leafVectors } from './leaf-vectors.ts';
import { pathVectors } from './path-vectors.ts';
import type { Vector } from './vector.ts';

async function makeEditedLeaf(issuer: Entity, { leaf, edit }: Vector): Promise<Entity> {
  const made = await makeLeaf(issuer, leaf);
  if (edit === undefined) return made;
  const raw = await editAndSign(made.certificate.raw, issuer.signer, edit);
  return { ...made, certificate: { ...made.certificate, raw } };
}

const DEFAULT_AT = '2026-01-01T12:00:00Z';

async function write(vector: Vector): Promise<void> {
  const root = await makeRoot(vector.root);
  const intermediate = await makeIntermediate(root, vector.intermediate);
  const path = { root, intermediate, leaf: await makeEditedLeaf(intermediate, vector) };
  const stranger = await makeRoot({ subject: named('root'), issuerName: named('root') });
  const chain = vector.chain?.(path) ?? [path.leaf, intermediate];
  const roots = vector.roots?.(path, stranger) ?? [root];
  const header = [
    `expect: ${vector.expect}`,
    `comment: ${vector.comment}`,
    `source: ${vector.source}`,
    `at: ${vector.at ?? DEFAULT_AT}`,
    `chain: ${chain.length}`,
    `bundle: ${vector.trustDomain ?? 'example.org'}`,
  ];
  const blocks = [...chain, ...roots].map(({ certificate }) => formatPem('CERTIFICATE', certificate.raw));
  writeFileSync(new URL(`${vector.name}.pem`, import.meta.url), `${header.join('\n')}\n\n${blocks.join('')}`);
}

for (const vector of [...leafVectors, ...pathVectors]) await write(vector);
