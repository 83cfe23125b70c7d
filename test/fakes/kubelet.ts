/**
 * A kubelet that is whatever the test says, over real TLS. It lets in as a real one does (authentication by token or client
 * certificate, then the right to get nodes/proxy) and says 401 and 403 in its words.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { addSeconds } from '../../shared/clock.ts';
import { generateKeyPair } from '../../shared/crypto/keys.ts';
import { Oid } from '../../shared/crypto/oids.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { type Entity, makeLeaf, makeRoot } from '../shared/crypto/pki.ts';
import type { Ending } from './database.ts';

export interface FakeKubeletOptions {
  /** In its certificate. */
  readonly names?: readonly string[];
  /** Without TLS or login: its read-only port. */
  readonly isReadOnly?: boolean;
  readonly isAnonymousAllowed?: boolean;
}

export class FakeKubelet {
  readonly directory = mkdtempSync(join(tmpdir(), 'writ-kubelet-'));
  readonly caPath = this.#path('ca.crt');
  readonly tokenPath = this.#path('token');
  readonly certificatePath = this.#path('client.crt');
  readonly keyPath = this.#path('client.key');
  port = 0;
  token = 'first-token';
  mayListPods = true;
  /** Requests that came, let in or not. */
  requests = 0;
  /** Who is let in gets this. */
  answer: (response: ServerResponse) => void = (response) => response.end(this.pods);
  pods = '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}';
  readonly #options: FakeKubeletOptions;

  private constructor(options: FakeKubeletOptions) {
    this.#options = options;
  }

  static async start(t: Ending, options: FakeKubeletOptions = {}): Promise<FakeKubelet> {
    const kubelet = new FakeKubelet(options);
    const { names = ['node1'], isReadOnly = false } = options;
    const root = await makeRoot({ ...life(), uriSans: [] });
    const ca = formatPem('CERTIFICATE', root.certificate.raw);
    const client = await pairOf(root, [], Oid.clientAuth);
    writeFileSync(kubelet.caPath, ca);
    writeFileSync(kubelet.tokenPath, `${kubelet.token}\n`);
    writeFileSync(kubelet.certificatePath, client.cert);
    writeFileSync(kubelet.keyPath, client.key, { mode: 0o600 });
    const onRequest: RequestListener = (request, response) => kubelet.#serve(request, response);
    const server = isReadOnly
      ? createServer(onRequest)
      : createTlsServer(
          {
            ...(await pairOf(root, names, Oid.serverAuth)),
            ca,
            requestCert: true,
            rejectUnauthorized: false,
          },
          onRequest,
        );
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    kubelet.port = (server.address() as AddressInfo).port;
    t.after(async () => {
      server.closeAllConnections();
      server.close();
      rmSync(kubelet.directory, { recursive: true, force: true });
    });
    return kubelet;
  }

  #path(name: string): string {
    return join(this.directory, name);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    if (!this.#isKnown(request)) return void response.writeHead(401).end('Unauthorized');
    if (!this.mayListPods && this.#options.isReadOnly !== true)
      return void response.writeHead(403).end(FORBIDDEN);
    if (request.url !== '/pods') return void response.writeHead(404).end('404 page not found\n');
    response.setHeader('content-type', 'application/json');
    this.answer(response);
  }

  #isKnown({ headers, socket }: IncomingMessage): boolean {
    const { isReadOnly = false, isAnonymousAllowed = false } = this.#options;
    if (isReadOnly) return headers.authorization === undefined;
    if ((socket as TLSSocket).authorized) return true;
    if (headers.authorization === undefined) return isAnonymousAllowed;
    return headers.authorization === `Bearer ${this.token}`;
  }
}

const FORBIDDEN =
  'Forbidden (user=system:serviceaccount:spire:spire-agent, verb=get, resource=nodes, subresource=proxy)';

const life = () => ({ notBefore: addSeconds(new Date(), -3_600), notAfter: addSeconds(new Date(), 86_400) });

async function pairOf(root: Entity, dnsSans: readonly string[], usage: string) {
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const { certificate } = await makeLeaf(root, {
    ...life(),
    publicKey,
    dnsSans,
    uriSans: [],
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: [usage],
  });
  return {
    cert: formatPem('CERTIFICATE', certificate.raw),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}
