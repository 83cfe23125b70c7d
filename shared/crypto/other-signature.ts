/**
 * ECDSA's two signatures: where (r, s) holds, (r, n - s) does (SEC 1 4.1.4), and whoever has a certificate has it in both
 * forms, with two hashes. Asked by server/attest-node/x509pop, which names nodes by one of them.
 */
import type { Certificate } from './certificate.ts';
import { DerReader, Tag } from './der.ts';
import { bitString, encode, sequence, unsignedInteger } from './der-writer.ts';
import { importPublicKey } from './public-key.ts';

/** The orders of the curves (FIPS 186-5, SP 800-186 3.2.1), by OpenSSL's names. */
const ORDERS: Readonly<Record<string, bigint>> = {
  prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp384r1:
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  secp521r1:
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};

/** The certificate (DER) with its signature's other form; undefined where there is none, as with RSA. */
export function withOtherSignature(certificate: Certificate, issuer: Certificate): Uint8Array | undefined {
  const order = ORDERS[importPublicKey(issuer.publicKey).asymmetricKeyDetails?.namedCurve ?? ''];
  if (order === undefined) return undefined;
  const reader = new DerReader(certificate.signature).enter(Tag.sequence);
  const [r, s] = [reader.unsigned(), reader.unsigned()];
  const other = unsignedInteger(bytesOf(order - numberOf(s)));
  const signature = encode(sequence(unsignedInteger(r), other));
  return encode(sequence(certificate.tbs, certificate.signatureAlgorithmDer, bitString(signature)));
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);

const bytesOf = (number: bigint): Uint8Array => {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
};
