/** Real Envoys, each with an identity of its own, served by a real Writ with the configurations of deploy/envoy. */
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { request as requestHttps } from 'node:https';
import { after, before, test } from 'node:test';
import { authorizeId, MtlsAgent, SpiffeId, X509Source } from '../../../shared/client/index.ts';
import { systemClock } from '../../../shared/clock.ts';
import { eventually } from '../program.ts';
import { System } from '../system.ts';
import { type Envoy, Envoys, freePorts, type Ports } from './envoy.ts';
import { Partner, PARTNER_ID } from './partner.ts';
import { call, Load, serve } from './service.ts';

const ROTATING_TTL_SECONDS = 20; // renewed at half
const ROTATION_LIMIT_MS = 60_000;
const FRONT = 'spiffe://example.org/front';
const BACKEND = 'spiffe://example.org/backend';

let system: System;
let envoys: Envoys;
let partner: Partner;
let ports: Ports;
let front: Envoy;
let backend: Envoy;
let service: Server;
let frontEntry: string;
let backendEntry: string;
let ttlSeconds = 600;
let federatesWith: readonly string[] = [];
const closing: (() => Promise<unknown> | void)[] = [];

/** Ports of another Envoy, which calls the same backend. */
const portsOf = async (): Promise<Ports> => ({ ...(await freePorts()), backend: ports.backend });

const start = (...[spec, its]: Parameters<Envoys['start']>): Envoy => {
  const started = envoys.start(spec, its);
  closing.push(() => started.stop());
  return started;
};

const entry = (name: string, spiffeId: string) => ({
  spiffeId,
  parentId: system.nodeId,
  selectors: envoys.selectorsOf(name),
  x509SvidTtlSeconds: ttlSeconds,
});

/** As the variables say now. */
async function updateEntries(): Promise<void> {
  await system.admin.updateEntry(frontEntry, entry('front', FRONT));
  await system.admin.updateEntry(backendEntry, { ...entry('backend', BACKEND), federatesWith });
}

before(async () => {
  system = await System.start();
  envoys = new Envoys(system.files);
  partner = await Partner.make(system.files.directory);
  ports = await freePorts();
  service = await serve(ports.service);
  frontEntry = await system.admin.createEntry(entry('front', FRONT));
  backendEntry = await system.admin.createEntry(entry('backend', BACKEND));
  backend = await start({ name: 'backend', example: 'backend.yaml' }, ports).ready();
  front = await start({ name: 'front', example: 'front.yaml' }, { ...ports, ...(await adminPort()) }).ready();
});

const adminPort = async (): Promise<Pick<Ports, 'admin'>> => ({ admin: (await freePorts()).admin });

after(async () => {
  for (const close of closing.toReversed()) await close();
  service?.close();
  await system?.stop();
});

/** Until it answers with 200: its secrets may just have come. */
const answerFrom = (port: number): Promise<string> =>
  eventually('answer through Envoy', async () => {
    const { status, text } = await call(port);
    return status === 200 ? text : undefined;
  });

test('two Envoys know each other by their SPIFFE IDs, and the service learns who called', async () => {
  assert.equal(await answerFrom(ports.front), FRONT);
});

test('an ID that no policy names is refused by the backend', async () => {
  const stranger = 'spiffe://example.org/stranger';
  await system.register({ spiffeId: stranger, selectors: [`unix:path:${process.execPath}`] });
  const source = await X509Source.create({
    address: system.workloadApi,
    signal: AbortSignal.timeout(30_000),
  });
  closing.push(() => source.close());
  const agent = new MtlsAgent({ source, authorize: authorizeId(SpiffeId.parse(BACKEND)) });
  const status = await new Promise((resolve, reject) => {
    requestHttps({ host: '127.0.0.1', port: ports.backend, agent, path: '/' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(status, 403);
});

test('a front that wants another ID refuses the backend', async () => {
  const its = await portsOf();
  const changes = { 'exact: "spiffe://example.org/backend"': 'exact: "spiffe://example.org/other"' };
  const other = await start({ name: 'front', example: 'front.yaml', changes }, its).ready();
  assert.equal((await call(its.front)).status, 503);
  assert.ok((await other.stat('cluster.backend.ssl.fail_verify_san')) > 0);
});

test('an Envoy that is told not to use the SPIFFE validator gets a list of CAs', async () => {
  const its = await portsOf();
  const extra = { node: { metadata: { disable_spiffe_cert_validation: true } } };
  const plain = await start({ name: 'front', example: 'front.yaml', extra }, its).ready();
  assert.equal(await answerFrom(its.front), FRONT);
  assert.match(await plain.secrets(), /"trusted_ca"/);
  assert.doesNotMatch(await plain.secrets(), /cert_validator\.spiffe/);
  assert.match(await front.secrets(), /cert_validator\.spiffe/);
});

test('a secret whose entry comes later is served when it does', async () => {
  const its = await portsOf();
  const late = 'spiffe://example.org/late';
  const changes = {
    'name: default': `name: ${late}`,
    'sds_config: &agent': 'sds_config: &agent\n                  initial_fetch_timeout: 1s',
  };
  await start({ name: 'front', example: 'front.yaml', changes }, its).ready();
  assert.equal((await call(its.front)).status, 503);
  await system.admin.createEntry(entry('front', late));
  await eventually('another answer', async () => (await call(its.front)).status === 403); // no policy names it
});

test('an Envoy that asks for changes alone is served, and hears of them', async () => {
  const its = await portsOf();
  const changes = { 'api_type: GRPC': 'api_type: DELTA_GRPC' };
  const delta = await start({ name: 'front', example: 'front.yaml', changes }, its).ready();
  assert.equal(await answerFrom(its.front), FRONT);
  const known = await delta.serials();
  ttlSeconds = 550;
  await updateEntries();
  await delta.newSerial(known, ROTATION_LIMIT_MS);
  assert.equal(await answerFrom(its.front), FRONT);
  assert.equal(await delta.stat('sds.default.update_rejected'), 0);
});

test('another trust domain is believed once the entry federates with it, by all of its names', async () => {
  for (const port of [ports.backend, ports.partners]) await assert.rejects(partner.call(port));
  await system.serverCli('bundle', 'set', '-id', 'spiffe://partner.test', '-path', partner.bundlePath);
  federatesWith = ['partner.test'];
  await updateEntries();
  for (const port of [ports.backend, ports.partners]) {
    const answer = await eventually('answer to the partner', () => partner.call(port));
    assert.deepEqual(answer, { status: 200, text: PARTNER_ID });
    assert.equal((await partner.call(port, '/')).status, 403);
  }
  assert.equal(await answerFrom(ports.front), FRONT);
});

test('the other listener, for partners alone, refuses the own trust domain', async () => {
  const its = { ...(await portsOf()), backend: ports.partners };
  await start({ name: 'front', example: 'front.yaml' }, its).ready();
  assert.equal((await call(its.front)).status, 503);
});

test('certificates and the authority above them rotate under load without a failed request', async () => {
  const load = new Load(ports.front, FRONT);
  const seen = new Map<Envoy, string[]>();
  for (const envoy of [front, backend]) seen.set(envoy, [...(await envoy.serials())]);
  const rotated = async (): Promise<void> => {
    for (const [envoy, known] of seen) known.push(await envoy.newSerial(known, ROTATION_LIMIT_MS));
  };
  ttlSeconds = ROTATING_TTL_SECONDS;
  await updateEntries();
  await rotated();
  const prepared = await system.serverCli('localauthority', 'x509', 'prepare', '-output', 'json');
  const authorityId = /"authority_id":\s*"([0-9a-f]+)"/.exec(prepared)?.[1] ?? '';
  await rotated();
  await system.serverCli('localauthority', 'x509', 'activate', '-authorityID', authorityId);
  await rotated();
  const { calls, failures, longestMs } = await load.stop();
  assert.deepEqual(failures, []);
  assert.ok(calls > 500, `${calls} calls`);
  assert.ok(longestMs < 5_000, `a call took ${longestMs} ms`);
});

test('the agent is killed and started again under load: no request fails, and news come through again', async () => {
  const known = [...(await front.serials()), ...(await backend.serials())];
  const renewed = async (seconds: number): Promise<void> => {
    ttlSeconds = seconds;
    await updateEntries();
    for (const envoy of [front, backend]) known.push(await envoy.newSerial(known, ROTATION_LIMIT_MS));
  };
  await renewed(500);
  const load = new Load(ports.front, FRONT);
  await system.agent.kill();
  await systemClock.sleep(1_000);
  await system.restartAgent();
  await renewed(400);
  const { failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.equal((await partner.call(ports.partners)).status, 200);
});

test('a trust domain that is no more federated with is believed no more, by any of its names', async () => {
  federatesWith = [];
  await updateEntries();
  for (const port of [ports.backend, ports.partners])
    await eventually('refusal of the partner', () =>
      partner.call(port).then(
        () => undefined,
        () => true,
      ),
    );
  for (const port of [ports.backend, ports.partners]) await assert.rejects(partner.call(port));
  assert.equal(await answerFrom(ports.front), FRONT);
});

test('no Envoy has refused a secret', async () => {
  const stats = [
    [front, 'sds.default.update_rejected'],
    [front, 'sds.ROOTCA.update_rejected'],
    [backend, 'sds.default.update_rejected'],
    [backend, 'sds.ALL.update_rejected'],
    [backend, 'sds.spiffe_partner.test.update_rejected'],
  ] as const;
  for (const [envoy, name] of stats) assert.equal(await envoy.stat(name), 0, name);
  assert.doesNotMatch(system.agent.output(), /reported errors applying secrets/);
});
