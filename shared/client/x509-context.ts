/** What FetchX509SVID answers, read and checked (SPIFFE_Workload_API 5.2.1). */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { X509SVIDResponseOutput } from '../../proto/gen/X509SVIDResponse.ts';
import { bytesEqual } from '../bytes.ts';
import { parseCertificates } from '../crypto/certificate.ts';
import { invalidArgument } from '../errors.ts';
import { TrustDomain } from '../spiffe/trust-domain.ts';
import { parseX509Svid, type X509Svid } from '../svid/x509-svid.ts';

/** An X.509-SVID with its private key. */
export interface X509Identity {
  readonly svid: X509Svid;
  readonly privateKey: KeyObject;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly hint: string;
}

export interface X509Context {
  /** The first is the default (SPIFFE_Workload_API 8). Never empty. */
  readonly identities: readonly X509Identity[];
  /** Trust domain name -> CA certificates, DER: the own one and the federated ones. */
  readonly bundles: ReadonlyMap<string, readonly Uint8Array[]>;
}

/** Throws when a mandatory field is missing or does not fit: the whole response is then to be discarded. */
export function readX509Context(response: X509SVIDResponseOutput): X509Context {
  const identities: X509Identity[] = [];
  const bundles = new Map<string, readonly Uint8Array[]>();
  for (const [id, der] of Object.entries(response.federated_bundles)) {
    bundles.set(TrustDomain.parse(id).name, splitDer(der));
  }
  for (const wire of response.svids) {
    const identity = readIdentity(wire);
    if (wire.hint !== '' && identities.some(({ hint }) => hint === wire.hint)) continue; // 5.2.1: the first stays
    identities.push(identity);
    bundles.set(identity.svid.id.trustDomain.name, splitDer(wire.bundle));
  }
  if (identities.length === 0) throw invalidArgument('the Workload API answered without an SVID');
  return { identities, bundles };
}

type WireSvid = X509SVIDResponseOutput['svids'][number];

function readIdentity(wire: WireSvid): X509Identity {
  const chain = splitDer(wire.x509_svid);
  const svid = parseX509Svid(chain);
  if (svid.id.toString() !== wire.spiffe_id)
    throw invalidArgument('spiffe_id differs from the ID in the certificate');
  const privateKey = createPrivateKey({ key: Buffer.from(wire.x509_svid_key), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const [leaf] = svid.certificates;
  if (leaf === undefined || !bytesEqual(publicKey, leaf.publicKey)) {
    throw invalidArgument('the private key does not belong to the certificate');
  }
  return { svid, privateKey, chain, hint: wire.hint };
}

const splitDer = (der: Uint8Array): readonly Uint8Array[] => parseCertificates(der).map(({ raw }) => raw);
