/** `api fetch jwt` and `api validate jwt` against a real Workload API. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { agentCommands } from '../../agent/cli/commands.ts';
import { jwtKeySet } from '../../agent/workload-api/token-key-sets.ts';
import { makeAgentEntry } from '../agent/cache/make-agent-entry.ts';
import { authority, JwtTestbed } from '../agent/cache/jwt-testbed.ts';
import { bundleOf, Door, SELECTORS, update } from '../agent/workload-api/door.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { type } from '../fakes/terminal.ts';

const program = { name: 'spire-agent', commands: agentCommands };
const ids = ['web', 'job'].map((name) => SpiffeId.parse(`spiffe://example.org/${name}`));

describe('the commands for JWT-SVIDs', () => {
  const door = new Door();
  const jwts = new JwtTestbed();
  const bundle = { ...bundleOf('example.org', 'root'), jwtAuthorities: [authority('k1')] };
  const federated = { ...bundleOf('b.test', 'root'), jwtAuthorities: [authority('k2')] };
  before(() => door.start());
  after(() => door.stop());
  beforeEach(() => {
    jwts.know(...['web', 'job'].map((id) => makeAgentEntry({ id, hint: id === 'job' ? 'in\nside' : '' })));
    door.jwtSvids = jwts.source;
    door.identities.entries = ids.map((spiffeId) => ({
      entryId: spiffeId.path.slice(1),
      spiffeId,
      selectors: SELECTORS,
      hasSvid: false,
      hint: spiffeId.path === '/job' ? 'in\nside' : '',
    }));
    door.identities.push({ ...update([]), isEntitled: true, bundle, federatedBundles: [federated] });
  });

  const run = (...args: readonly string[]) =>
    type(program, args, { environment: { SPIFFE_ENDPOINT_SOCKET: `unix://${door.path}` } });
  const tokenOf = async (id: string, ...audience: readonly string[]) =>
    jwts.fetch(jwts.entries.get(id) ?? assert.fail(), ...audience);
  const keySet = (of: typeof bundle): string => jwtKeySet(of).text;

  it('print tokens, hints and bundles as SPIRE does', async () => {
    const [web, job] = [await tokenOf('web', 'a', 'b'), await tokenOf('job', 'a', 'b')];
    const expected = [
      `token(spiffe://example.org/web):\n\t${web}\n`,
      `token(spiffe://example.org/job):\n\t${job}\n`,
      'hint(spiffe://example.org/job):\n\tin\\nside\n',
      `bundle(spiffe://b.test):\n\t${keySet(federated)}\n`,
      `bundle(spiffe://example.org):\n\t${keySet(bundle)}\n`,
    ];
    for (const flags of [
      ['-audience', 'a,b'],
      ['--audience=a', '--audience', 'b'],
    ])
      assert.deepEqual(await run('api', 'fetch', 'jwt', ...flags), {
        code: 0,
        out: expected.join(''),
        err: '',
      });
  });

  it('print the one that is asked for', async () => {
    for (const flag of ['-spiffeID', '--spiffe-id']) {
      const { out } = await run('api', 'fetch', 'jwt', '-audience', 'a', flag, 'spiffe://example.org/job');
      assert.ok(out.startsWith(`token(spiffe://example.org/job):\n\t${await tokenOf('job', 'a')}\nhint`));
    }
  });

  it('print JSON with every field', async () => {
    const base64 = (of: typeof bundle): string => Buffer.from(keySet(of)).toString('base64');
    const wanted = [
      {
        svids: [
          { hint: '', spiffe_id: 'spiffe://example.org/web', svid: await tokenOf('web', 'a') },
          { hint: 'in\nside', spiffe_id: 'spiffe://example.org/job', svid: await tokenOf('job', 'a') },
        ],
      },
      { bundles: { 'spiffe://b.test': base64(federated), 'spiffe://example.org': base64(bundle) } },
    ];
    for (const flag of ['-output', '--format']) {
      const { out, code } = await run('api', 'fetch', 'jwt', '-audience', 'a', flag, 'json');
      assert.deepEqual([code, out], [0, `${JSON.stringify(wanted)}\n`]);
    }
  });

  it('print what is in a valid token, and why another is not', async () => {
    const token = await tokenOf('web', 'a', 'b');
    const iat = Math.floor(jwts.clock.now().getTime() / 1_000);
    const jti = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti as string;
    const claims = { aud: ['a', 'b'], exp: iat + 300, iat, jti, sub: 'spiffe://example.org/web' };
    assert.deepEqual(await run('api', 'validate', 'jwt', '-audience', 'b', '-svid', token), {
      code: 0,
      out: `SVID is valid.\nSPIFFE ID : spiffe://example.org/web\nClaims    : ${JSON.stringify(claims)}\n`,
      err: '',
    });
    const json = await run('api', 'validate', 'jwt', '-audience', 'b', '-svid', token, '-output', 'json');
    assert.deepEqual(JSON.parse(json.out), { claims, spiffe_id: 'spiffe://example.org/web' });
    assert.deepEqual(await run('api', 'validate', 'jwt', '-audience', 'c', '-svid', token), {
      code: 1,
      out: '',
      err: 'Error: SVID is not valid: JWT-SVID is invalid: it is for another audience\n',
    });
  });

  it('say what is missing', async () => {
    const validate = ['api', 'validate', 'jwt'];
    for (const [args, message] of [
      [['api', 'fetch', 'jwt'], /audience must be specified/],
      [validate, /audience must be specified/],
      [[...validate, '-audience', 'a'], /svid must be specified/],
    ] as const) {
      const { code, err } = await run(...args);
      assert.deepEqual([code, message.test(err)], [1, true], err);
    }
    door.identities.entries = [];
    door.identities.push(update([]));
    const denied = await run('api', 'fetch', 'jwt', '-audience', 'a');
    assert.equal(
      denied.err,
      "Error: no identity issued; 'spire-agent explain -pid PID' tells what a process lacks\n",
    );
  });
});
