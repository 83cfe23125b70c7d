import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { constants } from 'node:crypto';
import type { BundleDefinition } from '../../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { SVIDDefinition } from '../../../proto/gen/spire/api/server/svid/v1/SVID.ts';
import { noTrail } from '../../../server/api/gate/audit.ts';
import type { Peer } from '../../../server/api/gate/context.ts';
import { CONNECTION_LIMITS } from '../../../server/listen/connection-limits.ts';
import { AgentListener, type AgentListenerNeeds } from '../../../server/listen/agents.ts';
import { systemClock } from '../../../shared/clock.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { type Channel, serverChannel } from '../../../shared/rpc/channel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { unary } from '../../../shared/rpc/handler.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { TlsIdentity } from '../../../shared/tls/listen.ts';
import { H2, LONG_LIVED } from '../../../shared/tls/protocols.ts';
import { SpiffeCredentials } from '../../../shared/tls/spiffe-credentials.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';

const SVID = 'spire.api.server.svid.v1.SVID';
const td = TrustDomain.parse('example.org');
const from = new Date('2026-01-01T00:00:00Z');
const until = new Date('2027-01-01T00:00:00Z');

describe('the listener for agents', () => {
  let authority: FakeAuthority;
  let server: TlsIdentity;
  let agent: TlsIdentity;
  const peers: Peer[] = [];
  const listeners: AgentListener[] = [];
  before(async () => {
    authority = await FakeAuthority.make('example.org', from, until);
    server = await authority.serve({
      spiffeId: 'spiffe://example.org/spire/server',
      notBefore: from,
      notAfter: until,
    });
    agent = await authority.serve({
      spiffeId: 'spiffe://example.org/spire/agent/x',
      notBefore: from,
      notAfter: until,
    });
  });
  after(async () => {
    await Promise.all(listeners.map((listener) => listener.stop()));
  });

  async function listen(needs: Partial<AgentListenerNeeds> = {}): Promise<AgentListener> {
    const listener = new AgentListener({
      host: '127.0.0.1',
      port: 0,
      requirePqKem: false,
      ownSvid: { identity: () => server, onChange: () => () => {} },
      clock: systemClock,
      callers: { knownId: () => SpiffeId.parse('spiffe://example.org/spire/agent/x') },
      routes: {
        'spire.api.server.bundle.v1.Bundle': { GetBundle: unary(async () => ({ trust_domain: 'served' })) },
      },
      gate: async (call, _request, run) => {
        peers.push(call.peer);
        await run({
          call,
          caller: { kind: 'local' },
          agent: undefined,
          trail: noTrail,
          admitAgain: async () => ({}),
        });
      },
      log: silentLogger,
      ...needs,
    });
    await listener.start();
    listeners.push(listener);
    return listener;
  }

  function dial({ port }: AgentListener, identity?: TlsIdentity): Channel {
    const credentials = new SpiffeCredentials({
      identity: () => identity,
      verifyPeer: () => {},
      requirePqKem: false,
      serverName: 'server',
      protocols: [LONG_LIVED, H2],
    });
    return serverChannel(`127.0.0.1:${port}`, credentials, td);
  }

  async function call(
    listener: AgentListener,
    identity?: TlsIdentity,
    request: object = {},
  ): Promise<string> {
    const channel = dial(listener, identity);
    const client = new ServiceClient<BundleDefinition>('spire.api.server.bundle.v1.Bundle', channel);
    try {
      return (await client.unary('GetBundle', request, { timeoutMs: 5_000 })).trust_domain;
    } finally {
      channel.close();
    }
  }

  it('serves with and without a client certificate, and hands on what was presented', async () => {
    const listener = await listen();
    for (const identity of [undefined, agent]) {
      assert.equal(await call(listener, identity), 'served');
      const peer = peers.at(-1);
      assert.ok(peer?.kind === 'remote');
      assert.equal(peer.address, '127.0.0.1');
      assert.equal(peer.chain.length, identity === undefined ? 0 : 1);
    }
  });

  it('answers Unimplemented to an RPC that nobody serves', async () => {
    const channel = dial(await listen(), agent);
    const client = new ServiceClient<BundleDefinition>('spire.api.server.bundle.v1.Bundle', channel);
    await assert.rejects(client.unary('AppendBundle', {}), { code: Code.unimplemented });
    channel.close();
  });

  it('speaks TLS 1.3 alone, negotiates h2, and resumes no session', async () => {
    const { port } = await listen();
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    assert.equal(socket.getProtocol(), 'TLSv1.3');
    assert.equal(socket.alpnProtocol, 'h2');
    const session = socket.getSession();
    assert.ok(session !== undefined);
    socket.destroy();
    const again = connectTls({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
      session,
    });
    await once(again, 'secureConnect');
    assert.equal(again.isSessionReused(), false);
    again.destroy();
    const old = connectTls({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TLSv1_3,
    });
    await once(old, 'error');
  });

  it('says what to do when the port is taken', async () => {
    const { port } = await listen();
    await assert.rejects(listen({ port }), {
      code: Code.failedPrecondition,
      message: `cannot listen on 127.0.0.1 port ${port}: another program listens there: stop it, or set bind_port`,
    });
    await assert.rejects(listen({ host: '192.0.2.1' }), { message: /does not have that address/ });
  });

  it('cuts a connection that does not finish its handshake', async () => {
    const { port } = await listen({ handshakeTimeoutMs: 50 });
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    await once(socket, 'close');
  });

  it('closes what is too much from one address, but not those with a valid certificate', async () => {
    const listener = await listen({ limits: { ...CONNECTION_LIMITS, unidentifiedPerAddress: 1 } });
    const held = connectTcp(listener.port, '127.0.0.1');
    await once(held, 'connect');
    await assert.rejects(call(listener), { code: Code.unavailable });
    held.destroy();
    await once(held, 'close');
    for (let i = 0; i < 3; i++) assert.equal(await call(listener, agent), 'served');
  });

  it('closes what is too much of one identity, and takes others, and that one again', async () => {
    let id = 'spiffe://example.org/spire/agent/x';
    const callers = { knownId: () => SpiffeId.parse(id) };
    const listener = await listen({ callers, limits: { ...CONNECTION_LIMITS, perIdentity: 1 } });
    const held = dial(listener, agent);
    const client = new ServiceClient<BundleDefinition>('spire.api.server.bundle.v1.Bundle', held);
    await client.unary('GetBundle', {});
    await assert.rejects(call(listener, agent), { code: Code.unavailable });
    id = 'spiffe://example.org/spire/agent/y';
    assert.equal(await call(listener, agent), 'served');
    id = 'spiffe://example.org/spire/agent/x';
    held.close();
    for (let isOpen = true; isOpen; )
      isOpen = await call(listener, agent).then(
        () => false,
        () => true,
      );
  });

  it('takes less from whoever has no valid certificate', async () => {
    const routes = { [SVID]: { BatchNewX509SVID: unary(async () => ({ results: [] })) } };
    const listener = await listen({ routes });
    const strict = await listen({ routes, callers: { knownId: () => undefined } });
    /** The status code that a request of so many bytes gets. */
    const send = async (at: AgentListener, bytes: number, identity?: TlsIdentity): Promise<number> => {
      const channel = dial(at, identity);
      try {
        const params = [{ csr: Buffer.alloc(bytes) }];
        await new ServiceClient<SVIDDefinition>(SVID, channel).unary('BatchNewX509SVID', { params });
        return 0;
      } catch (error) {
        return error instanceof CodedError ? error.code : assert.fail(String(error));
      } finally {
        channel.close();
      }
    };
    assert.equal(await send(listener, 100_000, agent), 0);
    assert.equal(await send(listener, 5_000_000, agent), Code.resourceExhausted);
    assert.equal(await send(listener, 60_000), 0);
    assert.equal(await send(listener, 100_000), Code.resourceExhausted);
    assert.equal(await send(strict, 100_000, agent), Code.resourceExhausted);
  });

  it('cuts off who has no valid certificate and sends without pause', async () => {
    const [clock, log] = [new FakeClock(), new FakeLog()];
    const listener = await listen({ clock, log });
    const windowUpdates = Buffer.from('00000408000000000000000001'.repeat(5_000), 'hex');
    const feed = async (identity?: TlsIdentity): Promise<TLSSocket> => {
      const socket = connectTls({
        port: listener.port,
        host: '127.0.0.1',
        ALPNProtocols: ['h2'],
        rejectUnauthorized: false,
        ...(identity === undefined
          ? {}
          : {
              cert: identity.certificatePem,
              key: identity.privateKey.export({ format: 'pem', type: 'pkcs8' }),
            }),
      });
      socket.on('error', () => {}).resume();
      await once(socket, 'secureConnect');
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
      socket.write(Buffer.from('000000040000000000', 'hex')); // SETTINGS
      while (socket.bytesWritten < 16 * 1_048_576)
        await new Promise((resolve) => socket.write(windowUpdates, resolve));
      return socket;
    };
    const known = await feed(agent);
    const stranger = await feed();
    const closed = once(stranger, 'close');
    await clock.advance(250);
    await closed;
    assert.equal(known.destroyed, false);
    assert.deepEqual(
      log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields),
      [{ address: '127.0.0.1' }],
    );
    known.destroy();
  });

  it('ends connections when it stops', async () => {
    const listener = await listen();
    const socket = connectTcp(listener.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    await once(socket, 'connect');
    await listener.stop();
    await once(socket, 'close');
  });
});
