/** `localauthority` and `upstreamauthority` against a real server: what they print, to people and to programs. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';

const program = { name: 'spire-server', commands: serverCommands };
const END = '2026-01-02 00:00:00 +0000 UTC';
const NOBODY_ABOVE = '  Upstream authority ID: No upstream authority\n';

interface Slots {
  readonly active: { readonly authority_id: string };
  readonly prepared?: { readonly authority_id: string };
  readonly old?: { readonly authority_id: string };
}

describe('the commands about authorities', () => {
  const endings = new Endings();
  let server: RunningServer;
  before(async () => {
    const clock = new FakeClock();
    const wit = { isEnabled: true, keyType: 'ec-p256', issuer: undefined, defaultTtlSeconds: 60 } as const;
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock, config: { wit } });
  });
  after(() => endings.end());

  const typed = (...args: readonly string[]) =>
    type(program, [...args, '-socketPath', server.socketPath], {});
  const printed = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await typed(...args);
    assert.deepEqual([code, err], [0, '']);
    return out;
  };
  const slots = async (kind: string): Promise<Slots> =>
    JSON.parse(await printed('localauthority', kind, 'show', '-output', 'json')) as Slots;

  for (const [kind, name, above] of [
    ['x509', 'X.509', NOBODY_ABOVE],
    ['jwt', 'JWT', ''],
    ['wit', 'WIT', ''],
  ] as const) {
    const lines = (id: string | undefined): string => `  Authority ID: ${id}\n  Expires at: ${END}\n`;

    it(`show, prepare, activate, taint and revoke ${name} authorities`, async () => {
      const deed = (...args: readonly string[]) => printed('localauthority', kind, ...args);
      const { active } = await slots(kind);
      assert.equal(
        await deed('show'),
        `Active ${name} authority:\n${lines(active.authority_id)}${above}\n` +
          `Prepared ${name} authority:\n  No prepared ${name} authority found\n\n` +
          `Old ${name} authority:\n  No old ${name} authority found\n`,
      );
      const told = await deed('prepare');
      const { prepared } = await slots(kind);
      assert.equal(told, `Prepared ${name} authority:\n${lines(prepared?.authority_id)}${above}`);
      assert.match(
        await deed('show'),
        new RegExp(`^Prepared ${name} authority:\\n  Authority ID: ${prepared?.authority_id}$`, 'm'),
      );
      for (const [verb, participle, id] of [
        ['activate', 'Activated', prepared?.authority_id],
        ['taint', 'Tainted', active.authority_id],
        ['revoke', 'Revoked', active.authority_id],
      ] as const)
        assert.equal(
          await deed(verb, '-authorityID', id ?? ''),
          `${participle} ${name} authority:\n${lines(id)}${above}`,
        );
      assert.deepEqual([(await slots(kind)).active, (await slots(kind)).old], [prepared, active]);
    });

    it(`answer in JSON about ${name} authorities`, async () => {
      const deed = async (...args: readonly string[]): Promise<unknown> =>
        JSON.parse(await printed('localauthority', kind, ...args, '-output', 'json'));
      const expires_at = String(Date.parse('2026-01-02T00:00:00Z') / 1_000);
      const state = (authority_id: string | undefined) => ({
        authority_id,
        expires_at,
        upstream_authority_subject_key_id: '',
      });
      const made = await deed('prepare');
      const { active, prepared } = await slots(kind);
      assert.deepEqual(made, { prepared_authority: state(prepared?.authority_id) });
      for (const [verb, field, id = ''] of [
        ['activate', 'activated_authority', prepared?.authority_id],
        ['taint', 'tainted_authority', active.authority_id],
        ['revoke', 'revoked_authority', active.authority_id],
      ] as const)
        assert.deepEqual(await deed(verb, '-authorityID', id), { [field]: state(id) });
    });

    it(`say what is wrong with the ${name} authority that is named`, async () => {
      for (const verb of ['activate', 'taint', 'revoke']) {
        const unnamed = await typed('localauthority', kind, verb);
        assert.equal(unnamed.code, 1);
        assert.match(unnamed.err, /^Error: an authority ID is required\n/);
        const unknown = await typed('localauthority', kind, verb, '-authorityID', 'none');
        assert.equal(unknown.code, 1);
        assert.match(unknown.err, /^Error: (?:unexpected authority ID|invalid authority ID: )/);
      }
    });
  }

  it('know of no upstream authority', async () => {
    for (const verb of ['taint', 'revoke']) {
      const unnamed = await typed('upstreamauthority', verb);
      assert.match(unnamed.err, /^Error: the Subject Key ID of the X.509 upstream authority is required\n/);
      const named = await typed('upstreamauthority', verb, '-subjectKeyID', 'aa');
      assert.deepEqual([named.code, named.err], [1, 'Error: upstream authority is not configured\n']);
    }
  });
});
