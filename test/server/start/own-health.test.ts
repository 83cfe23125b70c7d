import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthChecks } from '../../../server/start/own-health.ts';
import { unavailable } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeDatastore } from '../../fakes/datastore.ts';
import { startServer } from '../../fakes/server-under-test.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';

const HOUR_MS = 3_600_000;
const LISTENER = {
  listenerEnabled: true,
  bindAddress: '127.0.0.1',
  bindPort: 0,
  livePath: '/live',
  readyPath: '/ready',
};

test('a server answers probes by SPIRE’s paths, checks and codes, and tells nothing of what is inside', async (t) => {
  const clock = new FakeClock();
  const datastore = new FakeDatastore(clock);
  const server = await startServer(t, { datastore, clock, config: { healthChecks: LISTENER } });
  const port = server.log.lines.find(({ message }) => message === 'answering health checks')?.fields['port'];
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
    return { status: response.status, body: await response.json() };
  };
  const healthy = {
    status: 200,
    body: { server: {}, 'server.ca': {}, 'server.ca.rotator': {}, 'catalog.datastore': {} },
  };
  await clock.until(async () => {
    await clock.advance(1_000);
    return (await ask('/ready')).status === 200;
  });
  assert.deepEqual(await ask('/ready'), healthy);
  assert.deepEqual(await ask('/live'), healthy);
  datastore.fail(unavailable('connect ECONNREFUSED 10.1.2.3:5432'));
  await clock.advance(60_000);
  await clock.until(async () => (await ask('/ready')).status === 500);
  assert.deepEqual((await ask('/ready')).body, {
    ...healthy.body,
    'catalog.datastore': { list_bundle_err: 'failed: see the log' },
  });
  assert.equal((await ask('/ready')).status, 500);
  assert.equal((await ask('/live')).status, 200, 'a restart would bring no database back');
});

/** Checks of a server of which one thing is as it is told. */
function checksWith(broken: Partial<Parameters<typeof healthChecks>[0]>) {
  const clock = new FakeClock();
  const active = {
    issuedAt: new Date(clock.now().getTime() - 12 * HOUR_MS),
    expiresAt: new Date(clock.now().getTime() + 12 * HOUR_MS),
  };
  const checks = healthChecks({
    config: {
      healthChecks: LISTENER,
      socketPath: '/nonexistent/api.sock',
      trustDomain: TrustDomain.parse('example.org'),
    },
    ca: { signServerSvid: async () => ({}) as never },
    authorities: [{ state: () => ({ active }) as never }],
    checkDatabase: async () => {},
    clock,
    log: { error() {}, warn() {}, info() {}, debug() {}, child: () => assert.fail() },
    ...broken,
  });
  return {
    active,
    look: (name: string) =>
      (checks.find((check) => check.name === name) ?? assert.fail(name)).check(new AbortController().signal),
  };
}

test('each check fails for what it is named after, under SPIRE’s key', async () => {
  const works = { isLive: true, isReady: true, details: {} };
  const { look } = checksWith({});
  assert.deepEqual(await look('server.ca'), works);
  assert.deepEqual(await look('server.ca.rotator'), works);
  assert.deepEqual(await look('catalog.datastore'), works);
  const fails = async (name: string, key: string, broken: Parameters<typeof checksWith>[0]) => {
    const state = await checksWith(broken).look(name);
    assert.deepEqual(
      { ...state, failure: undefined },
      {
        isLive: name === 'catalog.datastore',
        isReady: false,
        details: { [key]: 'failed: see the log' },
        failure: undefined,
      },
    );
    return state.failure;
  };
  assert.match((await fails('server', 'get_bundle_err', {})) ?? '', /ENOENT|No connection/);
  const away = (): never => {
    throw unavailable('away');
  };
  assert.equal(
    await fails('server.ca', 'sign_x509_svid_err', { ca: { signServerSvid: async () => away() } }),
    'away',
  );
  assert.equal(
    await fails('catalog.datastore', 'list_bundle_err', { checkDatabase: async () => away() }),
    'away',
  );
});

test('rotation fails when an authority should have been replaced, and is not', async () => {
  for (const [leftHours, isReady] of [
    [4, true],
    [1.5, true],
    [1.3, false],
    [-1, false],
  ] as const) {
    const nowMs = new FakeClock().now().getTime();
    const expiresAt = new Date(nowMs + leftHours * HOUR_MS);
    const active = { issuedAt: new Date(expiresAt.getTime() - 24 * HOUR_MS), expiresAt };
    const { look } = checksWith({ authorities: [{ state: () => ({ active }) as never }] });
    assert.equal((await look('server.ca.rotator')).isReady, isReady, `${leftHours} h left`);
  }
});
