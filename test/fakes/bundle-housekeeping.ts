/** Looks after a bundle and journals as a server does, without the rest of it. */
import { OwnBundle, type OwnBundleNeeds } from '../../server/bundle/own-bundle.ts';
import { Housekeeping } from '../../server/housekeeping/housekeeping.ts';
import type { Random } from '../../shared/random.ts';
import { FakeLeaseStore } from './lease-store.ts';

export function bundleHousekeeping(needs: OwnBundleNeeds & { readonly random: Random }): Housekeeping {
  const leases = new FakeLeaseStore(needs.clock);
  return new Housekeeping({ ...needs, leases, deeds: new OwnBundle(needs).deeds() });
}
