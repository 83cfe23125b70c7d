/** The listener and the client's credentials together: what may not be seen, resumed, or waited for. */
import assert from 'node:assert/strict';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect, type ConnectionOptions } from 'node:tls';
import { inspect } from 'node:util';
import { generateKeyPair, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { type SecuredConnection, type TlsIdentity, TlsListener } from '../../../shared/tls/listen.ts';
import { H2, LONG_LIVED } from '../../../shared/tls/protocols.ts';
import { SpiffeCredentials } from '../../../shared/tls/spiffe-credentials.ts';
import { makeLeaf, makeRoot } from '../crypto/pki.ts';

const HOUR_MS = 3_600_000;

/** The part of the library's interface that is called here; its arguments are not looked at. */
interface ConnectorSource {
  _createSecureConnector(): { connect(socket: Socket): Promise<unknown> };
}

async function makeIdentity(): Promise<TlsIdentity> {
  const validity = {
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
  };
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const leaf = await makeLeaf(await makeRoot(validity), { ...validity, publicKey });
  return { certificatePem: formatPem('CERTIFICATE', leaf.certificate.raw), privateKey };
}

const pemOf = ({ privateKey }: TlsIdentity): string =>
  formatPem('PRIVATE KEY', privateKeyToPkcs8(privateKey));

/** Nothing of the key's text, nor of its bytes, nor of its secret number. */
function assertHides(shown: string, identity: TlsIdentity): void {
  const [, line = assert.fail()] = pemOf(identity).split('\n');
  const { d = assert.fail() } = identity.privateKey.export({ format: 'jwk' });
  assert.ok(!shown.includes(line));
  assert.ok(!shown.includes(d));
  assert.ok(!shown.includes(Buffer.from(line).toString('hex').slice(0, 24).replace(/../g, '$& ').trim()));
}

describe('TLS with SPIFFE identities', () => {
  let identity: TlsIdentity;
  let listener: TlsListener;
  let port: number;
  let accepted = Promise.withResolvers<SecuredConnection>();
  const sockets: Socket[] = [];

  before(async () => {
    identity = await makeIdentity();
    listener = new TlsListener({
      identity,
      requirePqKem: false,
      onTlsError: () => {},
      onConnection: (connection) => {
        sockets.push(connection.socket);
        connection.socket.on('error', () => {});
        connection.socket.write('hello');
        accepted.resolve(connection);
      },
    });
    port = await listener.listen('127.0.0.1', 0);
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });

  /** A connection whose tickets have come: what the listener saw of it, and the session to resume. */
  async function dial(options: ConnectionOptions): Promise<{ seen: SecuredConnection; session: Buffer }> {
    accepted = Promise.withResolvers();
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'any',
      rejectUnauthorized: false,
      ...options,
    });
    sockets.push(socket);
    const session = new Promise<Buffer>((resolve) => socket.once('session', resolve));
    const seen = await accepted.promise;
    return { seen, session: await session };
  }

  it('shows no private key to whoever prints what holds one', async () => {
    assertHides(inspect(identity, { depth: 9, showHidden: true }), identity);
    assertHides(JSON.stringify(identity), identity);
    assertHides(inspect(listener, { depth: 9, showHidden: true }), identity);
    const { seen } = await dial({ cert: identity.certificatePem, key: pemOf(identity) });
    assertHides(inspect(seen, { depth: 9, showHidden: true }), identity);
    listener.setIdentity(identity);
    const again = await dial({ cert: identity.certificatePem, key: pemOf(identity) });
    assertHides(inspect(again.seen.socket, { depth: 9, showHidden: true }), identity);
  });

  it('resumes no session: each connection presents its certificate', async () => {
    const own = { cert: identity.certificatePem, key: pemOf(identity) };
    const first = await dial(own);
    assert.equal(first.seen.chain.length, 1);
    const { session } = first;
    assert.equal((await dial({ session })).seen.chain.length, 0);
    assert.equal((await dial({ ...own, session })).seen.socket.isSessionReused(), false);
    listener.setIdentity(identity);
    assert.equal((await dial({ session })).seen.socket.isSessionReused(), false);
  });

  it('takes nothing below TLS 1.3, before and after its identity was changed', async () => {
    const older = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const options = {
          port,
          host: '127.0.0.1',
          maxVersion: 'TLSv1.2',
          rejectUnauthorized: false,
        } as const;
        connect(options).once('error', reject).once('secureConnect', resolve);
      });
    await assert.rejects(older(), /protocol version/);
    listener.setIdentity(identity);
    await assert.rejects(older(), /protocol version/);
  });

  it('gives up on a server that never completes the handshake', async () => {
    const closed = Promise.withResolvers<void>();
    const silent = createTcpServer((socket) => socket.resume().once('close', () => closed.resolve()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const credentials = new SpiffeCredentials({
      identity: () => undefined,
      verifyPeer: () => {},
      requirePqKem: false,
      serverName: '',
      protocols: [LONG_LIVED, H2],
      handshakeTimeoutMs: 50,
    });
    const socket = connectTcp((silent.address() as AddressInfo).port, '127.0.0.1');
    await assert.rejects(
      (credentials as unknown as ConnectorSource)._createSecureConnector().connect(socket),
      /TLS handshake took longer/,
    );
    await closed.promise;
    silent.close();
  });
});
