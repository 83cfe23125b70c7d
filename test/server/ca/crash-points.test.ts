import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { parseJournal } from '../../../server/ca/journal.ts';
import { x509AuthorityIdOf } from '../../../server/bundle/change-authorities.ts';
import { toHex } from '../../../shared/bytes.ts';
import { DiskUpstreamAuthority } from '../../../server/upstream-authority/disk.ts';
import type { UpstreamAuthority } from '../../../server/upstream-authority/upstream-authority.ts';
import { Endings } from '../../fakes/endings.ts';
import {
  type CorporateCa,
  corporateIntermediate,
  corporateRoot,
  keyIdOf,
  UpstreamFiles,
} from '../upstream-authority/corporate-ca.ts';
import { CaObserver } from './ca-observer.ts';
import { type CaServer, CaTestbed, HOUR_MS, idOf, svidRequest, trustDomain } from './ca-testbed.ts';
import { brought, ownCas } from './own-ca.ts';
import { startUntilUp, type Strike, Striker } from './striker.ts';
import { TokenObserver } from './token-observer.ts';

async function published(bed: CaTestbed): Promise<readonly string[]> {
  const bundle = await bed.bundles.find(trustDomain);
  const certificates = bundle?.x509Authorities.map(({ certificate }) => toHex(certificate)) ?? [];
  return [...certificates, ...(bundle?.jwtAuthorities.map(({ keyId }) => keyId) ?? [])];
}

/** Makes the CA above the servers, where there is one. */
type Above = (bed: CaTestbed) => UpstreamAuthority | undefined;
const nobody: Above = () => undefined;

/** Runs a server for two days, restarting it whenever it is struck down, and has it watched. */
async function live(strikes: readonly Strike[], above: Above = nobody): Promise<number> {
  const bed = new CaTestbed();
  const upstreamAuthority = above(bed);
  const striker = new Striker(strikes);
  const observer = new CaObserver(bed);
  const tokens = new TokenObserver(bed);
  const journaled = new Set<string>();
  const save = bed.journals.save.bind(bed.journals);
  bed.journals.save = async (record) => {
    const { x509, jwt } = parseJournal(record.content);
    for (const { certificate, upstream } of x509)
      for (const root of upstream?.roots ?? [certificate]) journaled.add(toHex(root));
    for (const { keyId } of jwt) journaled.add(keyId);
    return save(record);
  };

  let server = await startUntilUp(bed, striker, { upstreamAuthority });
  for (let hour = 0; hour < 48; hour += 2) {
    await observer.look({ server });
    await tokens.look('jwt', { server });
    for (const name of await published(bed)) {
      assert.ok(journaled.has(name), 'the bundle holds what no journal knows');
    }
    await bed.clock.advance(2 * HOUR_MS);
    if (striker.isDown) {
      await server.stop();
      server = await startUntilUp(bed, striker, { upstreamAuthority });
    }
  }
  await server.stop();
  assert.ok(observer.activations >= 2, `${observer.activations} activations`);
  assert.ok(tokens.activations >= 2, `${tokens.activations} activations of JWT keys`);
  assert.equal(bed.journals.records.filter(({ expiresAt }) => expiresAt > bed.clock.now()).length, 1);
  return striker.effects;
}

describe('a server struck while it keeps something', async () => {
  const effects = await live([]);

  test('is struck at every step of two days', () => {
    assert.ok(effects >= 28, `${effects} effects`);
  });

  for (const kind of ['crash', 'failure'] as const) {
    for (const moment of ['before', 'after'] as const) {
      test(`goes on after a ${kind} ${moment} any of its steps`, async () => {
        for (let effect = 1; effect <= effects; effect++) {
          await live([{ effect, moment, kind }]).catch((error: unknown) => {
            throw new Error(`${kind} ${moment} effect ${effect}: ${String(error)}`, { cause: error });
          });
        }
      });
    }
  }

  test('goes on after any series of crashes and failures', () => strikeAnyHow(live));
});

/** Has the story go on through any series of crashes and failures. */
async function strikeAnyHow(story: (strikes: readonly Strike[]) => Promise<number>): Promise<void> {
  const strike = fc.record({
    gap: fc.integer({ min: 1, max: 6 }),
    moment: fc.constantFrom('before' as const, 'after' as const),
    kind: fc.constantFrom('crash' as const, 'failure' as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(strike, { maxLength: 8 }), async (series) => {
      let effect = 0;
      await story(series.map(({ gap, ...rest }) => ({ ...rest, effect: (effect += gap) })));
    }),
    { numRuns: 20 },
  );
}

const corporate = await corporateRoot();
const issuing = await corporateIntermediate(corporate);

describe('a server below an upstream CA, struck while it keeps something', async () => {
  const endings = new Endings();
  after(() => endings.end());
  const config = new UpstreamFiles(endings).writeBelow(issuing, [], [corporate]);
  const above: Above = (bed) => DiskUpstreamAuthority.open(config, { ...bed, trustDomain });
  const effects = await live([], above);

  test('is struck at every step of two days', () => {
    assert.ok(effects >= 28, `${effects} effects`);
  });

  for (const moment of ['before', 'after'] as const) {
    test(`goes on after a crash ${moment} any of its steps`, async () => {
      for (let effect = 1; effect <= effects; effect++) {
        await live([{ effect, moment, kind: 'crash' }], above).catch((error: unknown) => {
          throw new Error(`${moment} effect ${effect}: ${String(error)}`, { cause: error });
        });
      }
    });
  }
});

interface ToReplace {
  readonly kind: 'x509' | 'jwt' | 'wit';
  readonly id: string;
}

/** What the bundle says of this authority: undefined when it is not in it. */
async function taintOf(bed: CaTestbed, { kind, id }: ToReplace): Promise<boolean | undefined> {
  const bundle = await bed.bundles.find(trustDomain);
  assert.ok(bundle !== undefined);
  if (kind === 'x509') return bundle.x509Authorities.find((one) => x509AuthorityIdOf(one) === id)?.tainted;
  const keys = kind === 'jwt' ? bundle.jwtAuthorities : bundle.witAuthorities;
  return keys.find(({ keyId }) => keyId === id)?.tainted;
}

/** What an operator does next to be rid of this authority; false when that is done. */
async function workOn(bed: CaTestbed, server: CaServer, { kind, id }: ToReplace): Promise<boolean> {
  const authority = server.authorities.byHand(async () => {})[kind];
  assert.ok(authority !== undefined);
  const { active, prepared } = authority.state();
  const signing = await taintOf(bed, { kind, id: active.authorityId });
  assert.equal(signing, false, 'what signs is in the bundle, untainted');
  if (active.authorityId === id) {
    if (prepared === undefined) await authority.prepare();
    else await authority.activate(prepared.authorityId);
    return true;
  }
  const isTainted = await taintOf(bed, { kind, id });
  if (isTainted === undefined) return false;
  if (isTainted) await authority.revoke(id);
  else await authority.taint(id);
  return true;
}

/** Replaces every kind's authority by hand, restarting the server whenever it is struck down. */
async function replaceAll(strikes: readonly Strike[]): Promise<number> {
  const bed = new CaTestbed();
  const first = await bed.start({ wit: { isEnabled: true } });
  const kinds = (['x509', 'jwt', 'wit'] as const).map((kind) => ({
    kind,
    id: first.authorities[kind]?.state().active.authorityId ?? '',
  }));
  await first.stop();
  const striker = new Striker(strikes);
  let server = await startUntilUp(bed, striker, { wit: { isEnabled: true } });
  for (const toReplace of kinds) {
    for (let tries = 0; ; tries++) {
      assert.ok(tries < 20, `the ${toReplace.kind} authority is not replaced`);
      const goesOn = await workOn(bed, server, toReplace).catch((error: unknown) => {
        assert.match(String(error), /crash|failure/);
        return true;
      });
      if (!goesOn) break;
      if (striker.isDown) {
        await server.stop();
        server = await startUntilUp(bed, striker, { wit: { isEnabled: true } });
      }
    }
  }
  await server.stop();
  const again = await bed.start({ wit: { isEnabled: true } });
  for (const { kind, id } of kinds) {
    assert.notEqual(again.authorities[kind]?.state().active.authorityId, id);
    assert.equal(await taintOf(bed, { kind, id }), undefined, 'what was revoked does not come back');
  }
  await again.stop();
  assert.equal(bed.journals.records.length, 1);
  return striker.effects;
}

describe('a server struck while its authorities are replaced by hand', async () => {
  const effects = await replaceAll([]);

  test('is struck at every step', () => {
    assert.equal(effects, 3 * ['key', 'journal', 'bundle', 'journal', 'taint', 'revoke'].length);
  });

  for (const kind of ['crash', 'failure'] as const) {
    for (const moment of ['before', 'after'] as const) {
      test(`goes on after a ${kind} ${moment} any of them`, async () => {
        for (let effect = 1; effect <= effects; effect++) await replaceAll([{ effect, moment, kind }]);
      });
    }
  }

  test('goes on after any series of crashes and failures', () => strikeAnyHow(replaceAll));
});

const own = await ownCas();

/** What an operator does next to have the server sign with this CA; false when it does. */
async function bringIn(server: CaServer, { ca, above }: Brought): Promise<boolean> {
  const { x509, imports } = server.authorities.byHand(async () => {});
  const { active, prepared } = x509.state();
  if (active.authorityId === keyIdOf(ca)) return false;
  if (prepared?.authorityId === keyIdOf(ca)) await x509.activate(keyIdOf(ca));
  else await imports.import({ ...brought(ca, ...above), isActivated: true });
  return true;
}

interface Brought {
  readonly ca: CorporateCa;
  readonly above: readonly CorporateCa[];
}

/** Imports a CA of one's own, restarting the server whenever it is struck down; rotation goes on meanwhile. */
async function importInto(strikes: readonly Strike[], what: Brought): Promise<number> {
  const bed = new CaTestbed();
  const first = await bed.start();
  const firstRoot = toHex(first.x509.state().active.certificate.raw);
  await first.stop();
  const striker = new Striker(strikes);
  let server = await startUntilUp(bed, striker);
  for (let tries = 0; ; tries++) {
    assert.ok(tries < 20, 'it is not imported');
    const goesOn = await bringIn(server, what).catch((error: unknown) => {
      assert.match(String(error), /crash|failure/);
      return true;
    });
    if (striker.isDown) {
      await server.stop();
      server = await startUntilUp(bed, striker);
    }
    assert.equal(await bed.isTrusted(await server.ca.signX509Svid(svidRequest)), true);
    if (!goesOn) break;
  }
  await server.stop();
  const again = await bed.start();
  assert.equal(idOf(again.x509), keyIdOf(what.ca));
  assert.equal(again.x509.state().active.isImported, true);
  assert.equal(await bed.isTrusted(await again.ca.signX509Svid(svidRequest)), true);
  await again.stop();
  const root = what.above.at(-1) ?? what.ca;
  const held = (await bed.authorities()).map(({ certificate }) => toHex(certificate));
  assert.deepEqual(held.slice(0, 2), [firstRoot, toHex(root.certificate.raw)]);
  assert.equal(bed.journals.records.length, 1);
  return striker.effects;
}

for (const [name, what] of [
  ['that is its own root', { ca: own.root, above: [] }],
  ['below others', { ca: own.issuing, above: [own.middle, own.root] }],
] as const)
  describe(`a server struck while a CA ${name} is imported`, async () => {
    const story = (strikes: readonly Strike[]): Promise<number> => importInto(strikes, what);
    const effects = await story([]);

    test('is struck at every step', () => {
      assert.equal(effects, ['key', 'journal', 'bundle', 'journal'].length);
    });

    for (const kind of ['crash', 'failure'] as const) {
      for (const moment of ['before', 'after'] as const) {
        test(`goes on after a ${kind} ${moment} any of them`, async () => {
          for (let effect = 1; effect <= effects; effect++) await story([{ effect, moment, kind }]);
        });
      }
    }

    test('goes on after any series of crashes and failures', () => strikeAnyHow(story));
  });
