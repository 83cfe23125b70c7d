/** The RPCs of the Bundle service. Called by api/routes. */
import type { Handler } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { appendBundle, type AppendBundleNeeds } from './append-bundle.ts';
import {
  batchCreateFederatedBundle,
  type BatchCreateFederatedBundleNeeds,
} from './batch-create-federated-bundle.ts';
import {
  batchDeleteFederatedBundle,
  type BatchDeleteFederatedBundleNeeds,
} from './batch-delete-federated-bundle.ts';
import { batchSetFederatedBundle, type BatchSetFederatedBundleNeeds } from './batch-set-federated-bundle.ts';
import {
  batchUpdateFederatedBundle,
  type BatchUpdateFederatedBundleNeeds,
} from './batch-update-federated-bundle.ts';
import { countBundles, type CountBundlesNeeds } from './count-bundles.ts';
import { getBundle, type GetBundleNeeds } from './get-bundle.ts';
import { getFederatedBundle, type GetFederatedBundleNeeds } from './get-federated-bundle.ts';
import { listFederatedBundles, type ListFederatedBundlesNeeds } from './list-federated-bundles.ts';
import { publishJwtAuthority } from './publish-jwt-authority.ts';
import { publishWitAuthority, type PublishWitAuthorityNeeds } from './publish-wit-authority.ts';

export type BundleNeeds = GetBundleNeeds &
  CountBundlesNeeds &
  AppendBundleNeeds &
  PublishWitAuthorityNeeds &
  ListFederatedBundlesNeeds &
  GetFederatedBundleNeeds &
  BatchCreateFederatedBundleNeeds &
  BatchUpdateFederatedBundleNeeds &
  BatchSetFederatedBundleNeeds &
  BatchDeleteFederatedBundleNeeds;

export const bundleRoutes = (needs: BundleNeeds): Readonly<Record<string, Handler<CallContext>>> => ({
  CountBundles: countBundles(needs),
  GetBundle: getBundle(needs),
  AppendBundle: appendBundle(needs),
  PublishJWTAuthority: publishJwtAuthority(needs),
  PublishWITAuthority: publishWitAuthority(needs),
  ListFederatedBundles: listFederatedBundles(needs),
  GetFederatedBundle: getFederatedBundle(needs),
  BatchCreateFederatedBundle: batchCreateFederatedBundle(needs),
  BatchUpdateFederatedBundle: batchUpdateFederatedBundle(needs),
  BatchSetFederatedBundle: batchSetFederatedBundle(needs),
  BatchDeleteFederatedBundle: batchDeleteFederatedBundle(needs),
});
