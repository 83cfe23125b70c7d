/** A proxy as anybody has one: it ends TLS, with a certificate of its own for localhost, and passes requests on in the clear. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Proxy {
  readonly port: number;
  close(): void;
}

/** Writes the certificate that clients are to believe into this file. */
export async function startProxy(certificatePath: string, toPort: number): Promise<Proxy> {
  const keyPath = `${certificatePath}.key`;
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const how = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', ...how, ...subject, '-keyout', keyPath, '-out', certificatePath], {
    stdio: 'ignore',
  });
  const tls = { key: readFileSync(keyPath), cert: readFileSync(certificatePath) };
  const server = createServer(tls, (incoming, response) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const onward = request({ host: '127.0.0.1', port: toPort, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.once('error', () => response.writeHead(502).end());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
