/** Carries out a batch of bundles, item by item, for the answer and the audit log. Called by the RPCs beside it. */
import type { BatchSetFederatedBundleResponse } from '../../../proto/gen/spire/api/server/bundle/v1/BatchSetFederatedBundleResponse.ts';
import type { Bundle as WireBundle, BundleOutput } from '../../../proto/gen/spire/api/types/Bundle.ts';
import type { BundleMaskOutput } from '../../../proto/gen/spire/api/types/BundleMask.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { answerEncoder } from '../../../shared/rpc/encoded.ts';
import { bundleFields } from '../gate/audit-bundle-fields.ts';
import type { AuditTrail } from '../gate/context.ts';
import { itemByItem } from '../item-by-item.ts';
import { bundleWriter } from '../wire/bundle.ts';
import { Room } from '../wire/room.ts';
import { OK, statusOf } from '../wire/status.ts';

const SERVICE = 'spire.api.server.bundle.v1.Bundle';

interface BundleResult {
  readonly status: StatusOutput;
  readonly bundle?: WireBundle;
}

interface Batch {
  readonly request: {
    readonly bundle: readonly BundleOutput[];
    readonly input_mask?: BundleMaskOutput | null;
    readonly output_mask: BundleMaskOutput | null;
  };
  readonly trail: AuditTrail;
}

/** `deed` gives back what is to be shown of the bundle, or throws. */
export async function writeBundles(
  { request, trail }: Batch,
  deed: (wire: BundleOutput) => Promise<Bundle>,
): Promise<{ results: BundleResult[] }> {
  const write = bundleWriter(request.output_mask);
  const room = new Room();
  const encode = answerEncoder<BatchSetFederatedBundleResponse>(SERVICE, 'BatchSetFederatedBundle');
  /** What does not fit the answer any more is named. */
  const shown = (bundle: WireBundle): BundleResult => {
    const { trust_domain = '' } = bundle;
    const result = { status: OK, bundle };
    const fits = room.take(encode({ results: [result] })) !== undefined;
    return fits ? result : { status: OK, bundle: { trust_domain } };
  };
  const results = await itemByItem<BundleOutput, BundleResult>(
    request.bundle,
    async (wire) => shown(write(await deed(wire))),
    (error) => ({ status: statusOf(error) }),
  );
  request.bundle.forEach((wire, at) =>
    trail.item(() => bundleFields(wire, request.input_mask ?? null), results[at]?.status ?? OK),
  );
  return { results };
}
