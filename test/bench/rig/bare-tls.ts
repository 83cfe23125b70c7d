/**
 * What the runtime takes for an attestation or a renewal without Writ: one TLS handshake (mutual, or of the server
 * alone), one P-256 verify and one sign on one side, one key and CSR on the other. The limit of the bench `attest`.
 */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { buildCertificate } from '../../../shared/crypto/certificate-builder.ts';
import { buildCsr } from '../../../shared/crypto/csr.ts';
import { generateKeyPair, keySigner, privateKeyToPkcs8, subjectKeyId } from '../../../shared/crypto/keys.ts';
import { distinguishedName } from '../../../shared/crypto/names.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { tlsOptions } from '../../../shared/tls/protocols.ts';
import { Companion } from './companion.ts';

/** PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface Bare {
  /** One of each. */
  deed(isMutual: boolean): Promise<void>;
  /** CPU time of the other process so far. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

export async function startBareTls(): Promise<Bare> {
  const companion = new Companion('bare-tls-process.ts');
  const identity = await selfSigned();
  const port = await companion.ask<number>('listen', identity);
  return {
    deed: (isMutual) => ask(port, isMutual ? identity : undefined),
    cpuMs: () => companion.ask<number>('cpu'),
    stop: () => companion.stop(),
  };
}

async function ask(port: number, identity: Identity | undefined): Promise<void> {
  const csr = await buildCsr(keySigner((await generateKeyPair('ec-p256')).privateKey));
  const own = identity ?? {};
  const socket: TLSSocket = connect({ port, rejectUnauthorized: false, ...tlsOptions(false), ...own });
  socket.write(csr);
  await once(socket, 'data');
  socket.destroy();
}

async function selfSigned(): Promise<Identity> {
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const issuer = keySigner(privateKey);
  const name = distinguishedName({ country: ['US'], organization: ['SPIFFE'], serialNumber: '1' });
  const certificate = await buildCertificate({
    issuer,
    issuerName: name,
    subject: name,
    publicKey,
    serialNumber: Uint8Array.of(1),
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2046-01-01T00:00:00Z'),
    isCa: false,
    keyUsage: ['digitalSignature'],
    uriSans: ['spiffe://example.org/bare'],
    subjectKeyId: subjectKeyId(publicKey),
  });
  return {
    cert: formatPem('CERTIFICATE', certificate),
    key: formatPem('PRIVATE KEY', privateKeyToPkcs8(privateKey)),
  };
}
