/** What FetchX509SVID would answer: SVIDs of one ID with these hints, and a federated bundle. For the tests beside it. */
import { readX509Context, type X509Context } from '../../../shared/client/x509-context.ts';
import { generateKeyPair, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { makeLeaf, makeRoot } from '../../shared/crypto/pki.ts';

export async function makeContext(hints: readonly string[] = ['']): Promise<X509Context> {
  const root = await makeRoot();
  const other = await makeRoot();
  const svids = hints.map(async (hint) => {
    const { privateKey, publicKey } = await generateKeyPair('ec-p256');
    const leaf = await makeLeaf(root, { publicKey });
    return {
      spiffe_id: 'spiffe://example.org/web',
      x509_svid: Buffer.from(leaf.certificate.raw),
      x509_svid_key: Buffer.from(privateKeyToPkcs8(privateKey)),
      bundle: Buffer.from(root.certificate.raw),
      hint,
    };
  });
  return readX509Context({
    svids: await Promise.all(svids),
    crl: [],
    federated_bundles: { 'spiffe://other.org': Buffer.from(other.certificate.raw) },
  });
}
