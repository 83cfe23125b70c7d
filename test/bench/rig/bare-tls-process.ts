/** The server of bare-tls: shakes hands, verifies one signature, signs once, answers. */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { systemRandom } from '../../../shared/random.ts';
import { tlsOptions } from '../../../shared/tls/protocols.ts';
import type { Identity } from './bare-tls.ts';
import { serve } from './companion-process.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const request = systemRandom.bytes(150);
const certificate = systemRandom.bytes(420);
const signature = sign('sha256', request, privateKey);

serve({
  listen: async (identity: Identity) => {
    const options = { ...identity, ...tlsOptions(false), requestCert: true, rejectUnauthorized: false };
    const server = createServer(options, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        verify('sha256', request, publicKey, signature);
        socket.write(sign('sha256', certificate, privateKey));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
  cpu: async () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
});
