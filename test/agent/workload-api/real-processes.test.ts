import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { workloadAttestation } from '../../../agent/attest-workload/attest.ts';
import { workloadAttestors } from '../../../agent/attest-workload/registry.ts';
import { ownHealth } from '../../../agent/workload-api/own-health.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { openDescriptors } from '../attest-workload/processes.ts';
import { Door, identity, realPeers, until, update } from './door.ts';

const ROOT = new URL('../../../', import.meta.url).href;
const isRoot = process.getuid?.() === 0;
const attestation = workloadAttestation({
  attestors: workloadAttestors(
    { unix: { discoverWorkloadPath: false, workloadSizeLimit: 0 } },
    { clock: systemClock, log: silentLogger },
  ),
  clock: systemClock,
  log: silentLogger,
});

/** Prints the first SPIFFE ID that it gets, then the code that its stream ends with. */
const FETCHES = `
  import { unixChannel } from '${ROOT}shared/rpc/channel.ts';
  import { ServiceClient } from '${ROOT}shared/rpc/client.ts';
  const client = new ServiceClient('SpiffeWorkloadAPI', unixChannel(process.argv[1]));
  const metadata = { 'workload.spiffe.io': 'true' };
  try {
    for await (const { svids } of client.serverStream('FetchX509SVID', {}, { metadata })) console.log(svids[0].spiffe_id);
  } catch (error) {
    console.log(error.code, error.message);
    process.exit();
  }`;

describe('the Workload API and real processes', () => {
  it('serves a child of another user by what it is', async () => {
    const door = new Door({ peers: realPeers(), attestation });
    await door.start();
    door.identities.push(update([identity('/web')]));
    const ids = isRoot ? { uid: 65_534, gid: 65_534 } : {};
    const child = spawn(process.execPath, ['--input-type=module', '-e', FETCHES, door.path], {
      ...ids,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    assert.equal(String(line), 'spiffe://example.org/web\n');
    const uid = isRoot ? 65_534 : process.geteuid?.();
    assert.ok(door.identities.subscribed[0]?.includes(`unix:uid:${uid}`));
    const exited = once(child, 'exit');
    const last = once(child.stdout, 'data');
    door.identities.push(update([]));
    assert.equal(String((await last)[0]), '7 no identity issued\n');
    await exited;
    await until(() => door.api.connectionCount === 0);
    await door.stop();
  });

  it('leaves no descriptor open after 500 connections', async () => {
    const door = new Door({ peers: realPeers(), attestation, ownPid: 1 });
    await door.start();
    const before = openDescriptors();
    for (let round = 0; round < 10; round += 1) {
      const clients = Array.from({ length: 50 }, () => connect(door.path));
      await until(() => door.api.connectionCount === 50);
      const closed = clients.map((client) => once(client, 'close'));
      for (const client of clients) client.destroy();
      await Promise.all(closed);
      await until(() => door.api.connectionCount === 0);
    }
    await until(() => openDescriptors() <= before);
    await door.stop();
  });

  it('is found healthy by the agent itself, once it has synchronised', async () => {
    const door = new Door({ peers: realPeers(), attestation });
    await door.start();
    const check = ownHealth(door.path);
    const { signal } = new AbortController();
    assert.deepEqual(await check.check(signal), {
      isLive: false,
      isReady: false,
      details: { make_new_x509_err: 'failed: see the log' },
      failure: 'not synchronised with a server yet',
    });
    door.identities.push(update([]));
    assert.deepEqual(await check.check(signal), { isLive: true, isReady: true, details: {} });
    assert.deepEqual(door.log.messages('warn'), []);
    await door.stop();
  });
});
