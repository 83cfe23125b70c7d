import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import { Code } from '../../../shared/errors.ts';
import { type HealthCheck, HealthChecks, type HealthState } from '../../../shared/health/checks.ts';
import { HealthListener } from '../../../shared/health/http.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';

const READY: HealthState = { isLive: true, isReady: true, details: {} };
const BUSY: HealthState = { isLive: true, isReady: false, details: { waits_for: 'the server' } };

class Part implements HealthCheck {
  readonly name: string;
  looks = 0;
  state: () => Promise<HealthState> = async () => BUSY;

  constructor(name: string) {
    this.name = name;
  }

  check(): Promise<HealthState> {
    this.looks += 1;
    return this.state();
  }
}

async function checked(...parts: readonly Part[]) {
  const [clock, log, ends] = [new FakeClock(), new FakeLog(), new AbortController()];
  const checks = new HealthChecks(parts, { clock, log });
  const stop = async (): Promise<void> => {
    ends.abort(new Error('stopping'));
    await checks.stop();
    assert.equal(clock.sleeping, 0);
  };
  return { clock, log, checks, stop, start: () => checks.start(ends.signal) };
}

describe('health checks', () => {
  it('are live and not ready before the first look', async () => {
    const { checks } = await checked(new Part('agent'));
    assert.deepEqual(checks.answer('isLive'), { isHealthy: true, details: { agent: {} } });
    assert.equal(checks.answer('isReady').isHealthy, false);
  });

  it('look every second until ready, then every minute', async () => {
    const part = new Part('agent');
    const { clock, start, stop } = await checked(part);
    await start();
    await clock.advance(3_000);
    assert.equal(part.looks, 4);
    part.state = async () => READY;
    await clock.advance(1_000);
    await clock.advance(59_000);
    assert.equal(part.looks, 5);
    await clock.advance(1_000);
    assert.equal(part.looks, 6);
    await stop();
  });

  it('are healthy only when every part is', async () => {
    const [a, b] = [new Part('server'), new Part('server.ca')];
    a.state = async () => READY;
    const { checks, clock, start, stop } = await checked(a, b);
    await start();
    await clock.advance(0);
    assert.deepEqual(checks.answer('isReady'), {
      isHealthy: false,
      details: { server: {}, 'server.ca': { waits_for: 'the server' } },
    });
    assert.equal(checks.answer('isLive').isHealthy, true);
    await stop();
  });

  it('take a throw, and no answer within 30 seconds, for a failure', async () => {
    const [throws, hangs] = [new Part('throws'), new Part('hangs')];
    throws.state = async () => Promise.reject(new Error('no route'));
    hangs.state = () => new Promise(() => {});
    const { checks, clock, start, stop } = await checked(throws, hangs);
    await start();
    await clock.advance(30_000);
    assert.deepEqual(checks.answer('isLive'), {
      isHealthy: false,
      details: { throws: { error: 'failed: see the log' }, hangs: { error: 'failed: see the log' } },
    });
    await stop();
  });

  it('log when a part fails and when it is well again, once each', async () => {
    const part = new Part('agent');
    part.state = async () => READY;
    const { clock, log, start, stop } = await checked(part);
    await start();
    await clock.advance(0);
    part.state = async () => BUSY;
    await clock.advance(65_000);
    part.state = async () => READY;
    await clock.advance(2_000);
    assert.deepEqual(
      log.lines.map(({ message }) => message),
      ['a health check fails', 'a health check passes again'],
    );
    await stop();
  });
});

describe('the health listener', () => {
  const config = { bindAddress: '127.0.0.1', bindPort: 0, livePath: '/live', readyPath: '/ready' };
  const details = { agent: { error: 'down' } };
  const answer = (question: string) => ({ isHealthy: question === 'isLive', details });

  for (const [method, path, status, body] of [
    ['GET', '/live', 200, JSON.stringify(details)],
    ['GET', '/ready', 500, JSON.stringify(details)],
    ['GET', '/live?verbose', 200, JSON.stringify(details)],
    ['HEAD', '/ready', 500, ''],
    ['POST', '/live', 405, ''],
    ['GET', '/', 404, ''],
    ['GET', '/live/', 404, ''],
  ] as const) {
    it(`answers ${status} to ${method} ${path}`, async () => {
      const listener = new HealthListener({ config, checks: { answer }, log: silentLogger });
      await listener.start();
      const response = await fetch(`http://127.0.0.1:${listener.port}${path}`, { method });
      assert.deepEqual([response.status, await response.text()], [status, body]);
      await listener.stop();
    });
  }

  it('answers a probe however many connections others hold', async () => {
    const listener = new HealthListener({ config, checks: { answer }, log: silentLogger });
    await listener.start();
    const held = Array.from({ length: 110 }, () => connect(listener.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const response = await fetch(`http://127.0.0.1:${listener.port}/live`);
    assert.equal(response.status, 200);
    for (const socket of held) socket.destroy();
    await listener.stop();
  });

  it('names the address that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const listener = new HealthListener({
      config: { ...config, bindPort: port },
      checks: { answer },
      log: silentLogger,
    });
    const message = new RegExp(
      `cannot answer health checks on 127\\.0\\.0\\.1 port ${port}: another program listens there`,
    );
    await assert.rejects(listener.start(), { code: Code.unavailable, message });
    other.close();
  });
});
