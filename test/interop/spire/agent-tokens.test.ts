/** JWT-SVIDs through the genuine spire-agent: signed by our server, held and verified by the agent, across a new and a tainted key. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BundleSource, JwtSource } from '../../../shared/client/index.ts';
import { parseJwtSvid } from '../../../shared/svid/jwt-svid.ts';
import { eventually } from '../program.ts';
import type { GenuineAgent } from './genuine-agent.ts';
import { complaints, idOf, Rig } from './rig.ts';

const ID = idOf('tokens/this');

let rig: Rig;
let agent: GenuineAgent;

before(async () => {
  rig = await Rig.start({ hasAuditLog: true });
  agent = await rig.startedAgent('tokens');
});
after(() => rig?.stop());

/** An entry for whoever runs the agent's own command line, and so this test. */
const register = (...flags: readonly string[]): Promise<string> =>
  rig.system.serverCli(
    'entry',
    'create',
    '-spiffeID',
    ID,
    '-parentID',
    idOf('node/tokens'),
    '-selector',
    `unix:uid:${process.geteuid?.()}`,
    ...flags,
  );

/** As the agent gives it, once it knows the entry. */
const fetched = (audience: string): Promise<string> =>
  eventually('a token', async () => {
    const out = await agent.cli('api', 'fetch', 'jwt', '-audience', audience).catch(() => '');
    return /^token\(spiffe:\/\/example\.org\/tokens\/this\):\n\t(\S+)$/m.exec(out)?.[1];
  });

const validated = (audience: string, token: string): Promise<string> =>
  agent.cli('api', 'validate', 'jwt', '-audience', audience, '-svid', token);

test('it fetches a token, keeps it, and takes it for valid, for its audience alone', async () => {
  await register('-jwtSVIDTTL', '600');
  const token = await fetched('one');
  const { id, audience, expiresAt, issuedAt } = parseJwtSvid(token);
  assert.deepEqual([id.toString(), audience], [ID, ['one']]);
  assert.equal(expiresAt.getTime() - (issuedAt?.getTime() ?? 0), 600_000);
  assert.equal(await fetched('one'), token);
  assert.notEqual(await fetched('two'), token);
  assert.match(
    await validated('one', token),
    /^SVID is valid\.\nSPIFFE ID : spiffe:\/\/example\.org\/tokens\/this\n/,
  );
  await assert.rejects(validated('two', token));
  const [head = '', claims = '', signature = ''] = token.split('.');
  const forged = `${head}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  await assert.rejects(validated('one', forged));
});

test('our client library gets its tokens and bundles of it', async () => {
  const options = { address: agent.workloadApi, signal: AbortSignal.timeout(30_000) };
  await using source = await JwtSource.create(options);
  await using bundles = await BundleSource.create(options);
  const { id, token } = await source.fetch({ audience: 'library' });
  assert.equal(id.toString(), ID);
  assert.equal((await source.fetch({ audience: ['library'], id })).token, token);
  for (const verifier of [source, bundles]) assert.ok(verifier.validate(token, 'library').id.equals(id));
  assert.equal(bundles.x509Authorities(id.trustDomain)?.length, 1);
});

test('it passes on the ids of tokens whose entry asks for them', async () => {
  const [, id = ''] =
    /Entry ID +: (\S+)/.exec(await rig.system.serverCli('entry', 'show', '-spiffeID', ID)) ?? [];
  await rig.system.serverCli(
    'entry',
    'update',
    '-entryID',
    id,
    '-spiffeID',
    ID,
    '-parentID',
    idOf('node/tokens'),
    '-selector',
    `unix:uid:${process.geteuid?.()}`,
    '-jwtSVIDIncludeJTI',
  );
  const jti = (token: string): unknown => parseJwtSvid(token).claims['jti'];
  for (let round = 0; jti(await fetched(`round ${round}`)) === undefined; round += 1) assert.ok(round < 300);
  const [first, second] = [jti(await fetched('three')), jti(await fetched('another'))];
  assert.match(String(first), /^[A-Za-z0-9_-]{22}$/);
  assert.notEqual(first, second);
});

test('it follows a new key, and gives up tokens of one that is tainted', async () => {
  const authority = async (...words: readonly string[]): Promise<string> => {
    const out = await rig.system.serverCli('localauthority', 'jwt', ...words);
    return /Authority ID: (\S+)/.exec(out)?.[1] ?? '';
  };
  const old = await fetched('four');
  const oldKey = parseJwtSvid(old).keyId;
  const newKey = await authority('prepare');
  assert.notEqual(newKey, oldKey);
  await authority('activate', '-authorityID', newKey);
  const token = await fetched('five');
  assert.equal(parseJwtSvid(token).keyId, newKey);
  await eventually('the new key', () => validated('five', token).catch(() => undefined));
  await validated('four', old);
  await authority('taint', '-authorityID', oldKey);
  await eventually('a token of the new key', async () => {
    const { keyId } = parseJwtSvid(await fetched('four'));
    return keyId === newKey || undefined;
  });
  await authority('revoke', '-authorityID', oldKey);
  await eventually('the end of the old key', () =>
    validated('four', old).then(
      () => undefined,
      () => true,
    ),
  );
  const ofTheTest = /^Failed to validate JWT: /; // what it was given on purpose
  assert.deepEqual(
    complaints(agent).filter((complaint) => !ofTheTest.test(complaint)),
    [],
  );
});
