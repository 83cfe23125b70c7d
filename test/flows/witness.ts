/**
 * Looks, each time that the world comes to rest, at every SVID that a workload holds: it is in its time, and the bundle
 * that each of its peers holds at that moment vouches for it. Used by the stories about renewal and rotation.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { Identity, WorkloadUpdate } from '../../agent/cache/workload-identities.ts';
import { verifyX509Svid } from '../../shared/svid/x509-svid.ts';
import type { Watch } from '../fakes/flow-agent.ts';
import type { Testbed } from '../fakes/testbed.ts';

export interface Renewal {
  readonly at: Date;
  readonly identity: Identity;
}

export class Witness {
  readonly #bed: Testbed;
  readonly #workloads: readonly Watch[];
  /** Each SVID that a workload got, with the time. */
  readonly renewals: readonly Renewal[][];
  readonly #goodUntil = new WeakMap<Identity, WeakMap<object, Date>>();
  looks = 0;

  /** The workloads have their first SVIDs by now. */
  constructor(bed: Testbed, ...workloads: readonly Watch[]) {
    this.#bed = bed;
    this.#workloads = workloads;
    this.renewals = workloads.map(() => []);
    bed.onRest(() => this.#look());
  }

  #look(): void {
    this.looks += 1;
    const at = this.#bed.clock.now();
    const updates = this.#workloads.map((workload) => workload.latest());
    for (const [index, { identities }] of updates.entries()) {
      assert.notEqual(identities.length, 0, `workload ${index} has no SVID at ${at.toISOString()}`);
      for (const identity of identities) this.#note(index, identity, at);
      for (const { bundle } of updates) for (const identity of identities) this.#verify(identity, bundle, at);
    }
  }

  /** Whole once for each pair; what was good then stays good until its end. */
  #verify(identity: Identity, bundle: WorkloadUpdate['bundle'], at: Date): void {
    const ends = this.#goodUntil.get(identity) ?? new WeakMap<object, Date>();
    this.#goodUntil.set(identity, ends);
    const end = ends.get(bundle) ?? verify(identity, bundle, at);
    ends.set(bundle, end);
    assert.ok(at < end, `${identity.spiffeId} has ended at ${at.toISOString()}`);
  }

  #note(index: number, identity: Identity, at: Date): void {
    const known = this.renewals[index];
    if (known?.some((renewal) => renewal.identity === identity) === false) known.push({ at, identity });
  }
}

/** Throws unless our own verification and that of node:crypto agree that it is good; the end of its life. */
export function verify(
  { chain, spiffeId }: Pick<Identity, 'chain' | 'spiffeId'>,
  bundle: WorkloadUpdate['bundle'],
  at: Date,
): Date {
  const authorities = bundle.x509Authorities.map(({ certificate }) => certificate);
  assert.ok(verifyX509Svid({ chain, authorities: () => authorities, at }).id.equals(spiffeId));
  const sent = chain.map((der) => new X509Certificate(der));
  const roots = authorities.map((authority) => new X509Certificate(authority));
  const path = [...sent, roots.find((root) => isSignedBy(sent.at(-1), root))];
  const ends = path.map((one, index) => {
    const issuer = path[index + 1];
    assert.ok(one !== undefined && one.validFromDate <= at && at < one.validToDate);
    assert.ok(issuer === undefined || isSignedBy(one, issuer));
    return one.validToDate.getTime();
  });
  return new Date(Math.min(...ends));
}

const isSignedBy = (one: X509Certificate | undefined, issuer: X509Certificate): boolean =>
  one !== undefined && one.checkIssued(issuer) && one.verify(issuer.publicKey);
