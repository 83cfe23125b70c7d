/**
 * Certificate signing requests (PKCS#10, RFC 2986): read, checked, built. The server believes only the public key of
 * one, save where an RPC's own rules say more; agents build them. Called by server/ca/issue-x509-svid and agent/sync.
 */
import { verify } from 'node:crypto';
import { invalidArgument, messageOf } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { constructedTag, DerReader, Tag } from './der.ts';
import {
  bitString,
  type Der,
  encode,
  node,
  objectIdentifier,
  sequence,
  setOf,
  unsignedInteger,
} from './der-writer.ts';
import { subjectAltNameExtension } from './extension-writers.ts';
import { readExtensions, readExtensionValues } from './extensions.ts';
import type { GeneralNames } from './general-names.ts';
import { distinguishedName, readName } from './names.ts';
import { Oid } from './oids.ts';
import { checkWorkloadKey } from './public-key.ts';
import {
  algorithmOid,
  checkKeyFits,
  findSignatureAlgorithm,
  paddingOf,
  signatureAlgorithmOf,
} from './signature-algorithms.ts';
import type { Signer } from './signer.ts';

export interface Csr {
  /** SubjectPublicKeyInfo, DER: of a kind that an SVID may have. */
  readonly publicKey: Uint8Array;
  /** DER of the Name. */
  readonly subject: Uint8Array;
  readonly uriSans: readonly string[];
  readonly dnsNames: readonly string[];
  readonly otherSanCount: number;
  /** CertificationRequestInfo: the part that is signed. */
  readonly info: Uint8Array;
  readonly signatureAlgorithmDer: Uint8Array;
  readonly signature: Uint8Array;
}

const CSR_MAX_BYTES = 16_384; // an RSA-4096 request with a hundred names takes a third of it
const VERSION = Uint8Array.of(0);

/** Throws InvalidArgument on anything but one well-formed request for a P-256, P-384 or RSA-2048 to 4096 key. */
export function parseCsr(der: Uint8Array): Csr {
  if (der.length > CSR_MAX_BYTES) throw invalidArgument(`CSR is longer than ${CSR_MAX_BYTES} bytes`);
  try {
    return readCsr(der);
  } catch (cause) {
    throw invalidArgument(`CSR is malformed: ${messageOf(cause)}`, { cause });
  }
}

function readCsr(der: Uint8Array): Csr {
  const outer = new DerReader(der);
  const reader = outer.enter(Tag.sequence);
  outer.end();
  const info = reader.raw(Tag.sequence);
  const signatureAlgorithmDer = reader.raw(Tag.sequence);
  const signature = reader.bitString();
  reader.end();
  return { ...readInfo(new DerReader(info).enter(Tag.sequence)), info, signatureAlgorithmDer, signature };
}

function readInfo(info: DerReader) {
  if (Buffer.compare(info.integer(), VERSION) !== 0) throw invalidArgument('version is not 1');
  const subject = readName(info);
  const publicKey = info.raw(Tag.sequence);
  checkWorkloadKey(publicKey);
  const names = readRequestedNames(info.enter(constructedTag(0)));
  info.end();
  const { uris = [], dnsNames = [], otherCount = 0 } = names ?? {};
  return { publicKey, subject, uriSans: uris, dnsNames, otherSanCount: otherCount };
}

/** The subject alternative names among the attributes; other attributes and extensions are no concern of ours. */
function readRequestedNames(attributes: DerReader): GeneralNames | undefined {
  let requested: DerReader | undefined;
  while (!attributes.isDone) {
    const attribute = attributes.enter(Tag.sequence);
    if (attribute.oid() !== Oid.extensionRequest) continue;
    if (requested !== undefined) throw invalidArgument('extension request occurs twice');
    const values = attribute.enter(Tag.set);
    requested = values.enter(Tag.sequence);
    values.end();
    attribute.end();
  }
  if (requested === undefined) return undefined;
  const wanted = readExtensions(requested).filter(({ oid }) => oid === Oid.subjectAltName);
  return readExtensionValues(wanted).subjectAltName;
}

/** Resolves when the CSR is signed by the key in it; rejects with InvalidArgument. Works on libuv's threads. */
export async function verifyCsr(csr: Csr): Promise<void> {
  const algorithm = findSignatureAlgorithm(csr.signatureAlgorithmDer);
  if (algorithm === undefined) {
    throw invalidArgument(
      `CSR signature algorithm ${algorithmOid(csr.signatureAlgorithmDer)} is not allowed`,
    );
  }
  checkKeyFits(algorithm, checkWorkloadKey(csr.publicKey).kind);
  const { buffer, byteOffset, length } = csr.publicKey;
  const key = {
    key: Buffer.from(buffer, byteOffset, length),
    format: 'der',
    type: 'spki',
    ...paddingOf(algorithm),
  } as const;
  if (!(await isSigned(csr, algorithm.digest, key))) throw invalidArgument('CSR signature is invalid');
}

type VerifyKey = Parameters<typeof verify>[2];

/** The key goes in as bytes: importing it apart costs 15 µs more. A point off its curve makes the import throw. */
function isSigned(csr: Csr, digest: string | null, key: VerifyKey): Promise<boolean> {
  return new Promise((resolve, reject) => {
    try {
      verify(digest, csr.info, key, csr.signature, (error, isValid) => {
        if (error === null) resolve(isValid);
        else reject(invalidArgument('CSR signature cannot be checked', { cause: error }));
      });
    } catch (cause) {
      reject(invalidArgument('CSR public key is invalid', { cause }));
    }
  });
}

export interface CsrOptions {
  readonly spiffeId?: SpiffeId;
  readonly dnsNames?: readonly string[];
  /** DER of the Name, in place of SPIRE's. */
  readonly subject?: Uint8Array;
}

/** SPIRE's own choice for every request and SVID. */
const SUBJECT = distinguishedName({ country: ['US'], organization: ['SPIRE'] });

/** A request for the signer's key; rejects when a DNS name is not printable ASCII. */
export async function buildCsr(signer: Signer, options: CsrOptions = {}): Promise<Uint8Array> {
  const attributes = node(constructedTag(0), ...requestedNames(options));
  const { subject = SUBJECT } = options;
  const info = encode(sequence(unsignedInteger(VERSION), subject, signer.publicKey, attributes));
  const signature = await signer.sign(info);
  return encode(sequence(info, signatureAlgorithmOf(signer.keyType).der, bitString(signature)));
}

function requestedNames({ spiffeId, dnsNames = [] }: CsrOptions): readonly Der[] {
  const uris = spiffeId === undefined ? [] : [spiffeId.toString()];
  if (uris.length + dnsNames.length === 0) return [];
  const names = subjectAltNameExtension({ uris, dnsNames }, false);
  return [sequence(objectIdentifier(Oid.extensionRequest), setOf(sequence(names)))];
}
