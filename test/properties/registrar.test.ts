/**
 * Whatever a registrar does, in whatever order and whatever administrators do in between: what is not its own stays as it
 * is, and reaches the same nodes as before.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Registrar } from '../../server/api/gate/registrar.ts';
import { type Entry, type EntryFields, PLAIN_ENTRY } from '../../server/entries/entry.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeEntryStore } from '../fakes/entry-store.ts';
import { id, selectors, SERVER } from '../server/entries/make-entry.ts';

const ROOTS = [SERVER, '/spire/agent/a', '/spire/agent/b'];
const IDS = ['/team', '/team/a', '/team/b', '/team/c', '/teams', '/bank', '/ci'];
const PARTNER = TrustDomain.parse('partner');
const OTHER = TrustDomain.parse('other');

const tree = (path: string) => ({ root: `spiffe://td${path}`, withRoot: true, withBelow: true });
const scopes = fc.constantFrom(
  { ids: [tree('/team')], parents: [] },
  { ids: [tree('/team')], parents: [tree('/spire/agent/a'), tree('/team/a')] },
  { ids: [tree('')], parents: [tree('/spire/agent/a')] },
);
const WITH_RIGHTS = 'spiffe://td/ci';

const fields: fc.Arbitrary<EntryFields> = fc
  .record({
    spiffeId: fc.constantFrom(...IDS, '/team/a', '/team/b', '/team/c'),
    parentId: fc.constantFrom(...ROOTS, ...IDS, '/spire/agent/a', '/spire/agent/a', '/team/a'),
    selectors: fc.subarray(['t:1', 't:2'], { minLength: 1 }),
    admin: often(false),
    downstream: often(false),
    storeSvid: often(false),
    federatesWith: fc.subarray([PARTNER, OTHER], { maxLength: 1 }),
    dnsNames: fc.subarray(['a.team', 'a.bank'], { maxLength: 1 }),
    hint: fc.constantFrom('', 'h'),
  })
  .map(({ spiffeId, parentId, selectors: texts, ...rest }) => ({
    ...PLAIN_ENTRY,
    ...rest,
    spiffeId: id(spiffeId),
    parentId: id(parentId),
    selectors: selectors(...texts),
  }));

function often(value: boolean): fc.Arbitrary<boolean> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.boolean() });
}

const ids = fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6');
const deeds = fc.record({
  byAdmin: fc.boolean(),
  kind: fc.constantFrom('create', 'create', 'update', 'delete'),
  ids: fc.array(ids, { minLength: 1, maxLength: 3 }),
  entries: fc.array(fields, { minLength: 3, maxLength: 3 }),
  named: fc.subarray(['spiffeId', 'parentId', 'admin', 'dnsNames', 'federatesWith', 'hint'] as const),
});
type Deed = typeof deeds extends fc.Arbitrary<infer T> ? T : never;

/** In words of their own: the definition of what is not the registrar's. */
class World {
  readonly store = new FakeEntryStore({ clock: new FakeClock() });
  readonly isInScope: (path: string) => boolean;

  constructor(isInScope: (path: string) => boolean) {
    this.isInScope = isInScope;
  }

  all(): readonly Entry[] {
    return [...this.store.feed.items.values()];
  }

  isForeign({ spiffeId, admin, downstream, storeSvid, federatesWith, dnsNames }: Entry): boolean {
    const bearing = this.all().filter((entry) => entry.spiffeId.equals(spiffeId));
    return (
      !this.isInScope(spiffeId.path) ||
      spiffeId.path === '/ci' ||
      bearing.some((entry) => entry.admin || entry.downstream) ||
      admin ||
      downstream ||
      storeSvid ||
      federatesWith.includes(OTHER) ||
      dnsNames.includes('a.bank')
    );
  }

  /** Every entry that is not the registrar's, and from which agents and aliases it is reached. */
  foreign(): readonly string[] {
    const starts = [
      ...ROOTS,
      ...this.all().flatMap(({ parentId, spiffeId }) => (parentId.path === SERVER ? [spiffeId.path] : [])),
    ];
    return this.all()
      .filter((entry) => this.isForeign(entry))
      .map((entry) => {
        const above = [...new Set(starts)].filter((start) => this.#below(start).has(entry)).sort();
        return `${JSON.stringify({ ...entry, spiffeId: String(entry.spiffeId) })} from ${above.join()}`;
      })
      .sort();
  }

  #below(start: string): ReadonlySet<Entry> {
    const found = new Set<Entry>();
    const above = new Set([start]);
    for (const path of above)
      for (const entry of this.all().filter(({ parentId }) => parentId.path === path)) {
        found.add(entry);
        above.add(entry.spiffeId.path);
      }
    return found;
  }

  async carryOut({ kind, ids: chosen, entries, named }: Deed, guard?: Registrar): Promise<void> {
    const given = chosen.flatMap((one, at) => entries.slice(at, at + 1).map((entry) => ({ id: one, entry })));
    if (kind === 'delete') await this.store.delete(chosen, guard);
    else if (kind === 'create')
      await this.store.create(
        given.map(({ id: one, entry }) => ({ ...entry, id: one })),
        guard,
      );
    else
      await this.store.update(
        given.map(({ id: one, entry }) => ({
          id: one,
          changes: Object.fromEntries(named.map((name) => [name, entry[name]])),
        })),
        guard,
      );
  }
}

test('a registrar changes nothing that is not its own, nor whom it reaches, by any sequence of deeds', async () => {
  let changes = 0;
  await fc.assert(
    fc.asyncProperty(scopes, fc.array(deeds, { minLength: 5, maxLength: 25 }), async (scope, sequence) => {
      const whole = { ...scope, role: 'registrar "x"', federatesWith: ['partner'], dnsNames: ['*.team'] };
      const registrar = new Registrar([whole], (spiffeId) => spiffeId === WITH_RIGHTS);
      const isAll = scope.ids.some(({ root }) => root === 'spiffe://td');
      const world = new World((path) => isAll || path === '/team' || path.startsWith('/team/'));
      for (const deed of sequence) {
        const before = world.foreign();
        const allBefore = world.all();
        await world.carryOut(deed, deed.byAdmin ? undefined : registrar);
        if (deed.byAdmin) continue;
        assert.deepEqual(world.foreign(), before);
        if (world.all().some((entry, at) => entry !== allBefore[at])) changes += 1;
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(changes > 100, 'the registrar did too little for this to show anything');
});
