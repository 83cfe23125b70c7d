import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Authorities,
  type CaAuthority,
  type AuthorityStatus,
  type SlotId,
} from '../../../server/ca/authorities.ts';
import { nextStep, type RotationStep } from '../../../server/ca/rotation.ts';
import { CaTestbed, HOUR_MS } from './ca-testbed.ts';

const bed = new CaTestbed();
const server = await bed.start();
const { active: sample } = server.x509.state();
await server.stop();

const start = bed.clock.now().getTime();
const at = (hours: number): Date => new Date(start + hours * HOUR_MS);

interface Held {
  readonly slot: SlotId;
  readonly status: AuthorityStatus;
  /** Issued at this hour, for 24 h. */
  readonly from: number;
  readonly isPublished?: boolean;
}

const held = ({ slot, status, from, isPublished = true }: Held): CaAuthority => ({
  ...sample,
  slot,
  status,
  issuedAt: at(from),
  expiresAt: at(from + 24),
  publishedAt: isPublished ? at(from) : undefined,
});
const states = (...all: readonly Held[]): Authorities<CaAuthority> => Authorities.of(all.map(held));
const active: Held = { slot: 'A', status: 'ACTIVE', from: 0 };
const prepared: Held = { slot: 'B', status: 'PREPARED', from: 12 };
const old: Held = { slot: 'B', status: 'OLD', from: -12 };

/** What is held, the hour, the step. */
const steps: readonly (readonly [string, readonly Held[], number, RotationStep | undefined])[] = [
  ['nothing', [], 0, 'prepare'],
  ['an old authority alone', [old], 0, 'prepare'],
  ['a prepared authority alone, unpublished', [{ ...prepared, isPublished: false }], 12, 'publish'],
  ['a prepared authority alone, published', [prepared], 12, 'activate'],
  ['a young active authority', [active], 11, undefined],
  ['an active authority at half its life', [active], 12, undefined],
  ['an active authority past half its life', [active], 12.01, 'prepare'],
  ['an active and an old authority, past half its life', [active, old], 12.01, 'prepare'],
  ['an active authority that the bundle lost', [{ ...active, isPublished: false }, prepared], 21, 'publish'],
  ['a successor not yet published', [active, { ...prepared, isPublished: false }], 13, 'publish'],
  [
    'a successor not yet published at the end',
    [active, { ...prepared, isPublished: false }],
    23.9,
    'publish',
  ],
  ['a successor in time', [active, prepared], 20, undefined],
  ['a successor at its time', [active, prepared], 20.01, 'activate'],
  ['a successor of an expired authority', [active, prepared], 24, 'activate'],
  ['an expired authority', [active], 24, 'prepare'],
  ['an expired authority that the bundle lost', [{ ...active, isPublished: false }], 24, 'prepare'],
  ['an expired authority and its expired successor', [active, prepared], 36, 'prepare'],
];
for (const [what, all, hour, step] of steps) {
  test(`with ${what} at hour ${hour} the next step is ${step ?? 'none'}`, () => {
    assert.equal(
      nextStep(states(...all), { now: at(hour), refreshHintSeconds: 300, successorLifeMs: 24 * HOUR_MS }),
      step,
    );
  });
}

test('a new authority goes to the slot that is not the active one, and takes the place of what was there', () => {
  const before = states(active, old);
  assert.equal(before.standbySlot, 'B');
  const after = before.withPrepared(held(prepared));
  assert.deepEqual([after.active?.slot, after.prepared?.slot, after.old], ['A', 'B', undefined]);
  assert.equal(states({ ...active, slot: 'B' }).standbySlot, 'A');
  assert.equal(Authorities.none.standbySlot, 'A');
});

test('activating makes the active authority the old one', () => {
  const after = states(active, prepared).withPreparedActivated();
  assert.deepEqual([after.active?.slot, after.old?.slot, after.prepared], ['B', 'A', undefined]);
  assert.throws(() => states(active).withPreparedActivated(), /no prepared authority/);
});

test('two authorities never share a slot or a status', () => {
  assert.throws(() => states(active, { ...active, status: 'OLD' }), /same slot/);
  assert.throws(() => states(active, { ...active, slot: 'B' }), /same status/);
});
