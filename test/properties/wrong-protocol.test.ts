import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { connect as connectNet, type Socket } from 'node:net';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Door, HEADER, identity, realPeers, update } from '../agent/workload-api/door.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { RawHttp2 } from '../fakes/raw-http2.ts';
import { joinAgent, type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { judgeWrong } from '../fuzz/judge.ts';
import { openTls, openUnix, rawCall } from '../fuzz/raw-call.ts';
import { wrongCalls } from '../fuzz/wrong-calls.ts';
import { wrongFrames } from '../fuzz/wrong-frames.ts';
import { Dice } from '../interop/go-x509/dice.ts';
import { seed } from '../seed.ts';

const BUNDLE = '/spire.api.server.bundle.v1.Bundle/GetBundle';
const FETCH = '/SpiffeWorkloadAPI/FetchX509SVID';

interface Target {
  readonly path: string;
  readonly session: () => ReturnType<typeof openUnix>;
  readonly socket: () => Promise<Socket | TLSSocket>;
  /** Fails unless others are served. */
  readonly serves: () => Promise<void>;
}

describe('whoever breaks the protocol', () => {
  const endings = new Endings();
  const clock = new FakeClock();
  const door = new Door({ peers: realPeers() });
  let server: RunningServer;
  const targets: Record<string, Target> = {};

  before(async () => {
    await door.start();
    endings.after(() => door.stop());
    door.identities.push(update([identity('/web')]));
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock });
    const joined = await joinAgent(server);
    const unix = (path: string) => async (): Promise<Socket> => {
      const socket = connectNet(path);
      await once(socket, 'connect');
      return socket;
    };
    const tls = async (): Promise<TLSSocket> => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: server.port,
        ALPNProtocols: ['h2'],
        rejectUnauthorized: false,
      });
      await once(socket, 'secureConnect');
      return socket;
    };
    const bundle = async (): Promise<void> => {
      for (const clients of [server.admin, server.connect(), server.connect(joined.identity)])
        assert.ok((await clients.bundle.unary('GetBundle', {})).x509_authorities.length > 0);
    };
    targets['the admin socket'] = {
      path: BUNDLE,
      session: () => openUnix(server.socketPath),
      socket: unix(server.socketPath),
      serves: bundle,
    };
    targets['the door for agents'] = {
      path: BUNDLE,
      session: () => openTls(server.port),
      socket: tls,
      serves: bundle,
    };
    targets['the Workload API'] = {
      path: FETCH,
      session: () => openUnix(door.path),
      socket: unix(door.path),
      serves: async () => {
        const stream = door.client().serverStream('FetchX509SVID', {}, HEADER);
        assert.equal((await stream.next()).value?.svids.length, 1);
        await stream.return?.(undefined);
      },
    };
  });
  after(() => endings.end());

  for (const name of ['the admin socket', 'the door for agents', 'the Workload API']) {
    it(`by its calls is answered at ${name}, and told nothing of what is behind it`, async () => {
      const { path, session, serves } = targets[name] ?? assert.fail(name);
      for (const [what, call] of Object.entries(wrongCalls(path))) {
        const own = session();
        try {
          judgeWrong(call, await rawCall(own, { ...call, isStream: true }));
        } catch (cause) {
          throw new Error(what, { cause });
        } finally {
          own.destroy();
        }
      }
      await serves();
    });

    it(`by its frames harms nobody else at ${name}`, async () => {
      const { path, socket, serves } = targets[name] ?? assert.fail(name);
      for (const bytes of Object.values(wrongFrames(path, new Dice(seed)))) {
        const connection = RawHttp2.on(await socket());
        connection.write(bytes);
        await serves();
        await nextTurn();
        connection.socket.destroy();
      }
    });
  }

  it('is no reason for the log to speak of errors of ours', () => {
    assert.deepEqual(server.log.messages('error'), []);
    assert.deepEqual(door.log.messages('error'), []);
  });
});
