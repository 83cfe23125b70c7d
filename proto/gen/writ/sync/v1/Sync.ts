// From proto/writ/sync/v1/sync.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { WatchRequest as _writ_sync_v1_WatchRequest, WatchRequestOutput as _writ_sync_v1_WatchRequestOutput } from '../../../writ/sync/v1/WatchRequest.ts';
import type { WatchResponse as _writ_sync_v1_WatchResponse, WatchResponseOutput as _writ_sync_v1_WatchResponseOutput } from '../../../writ/sync/v1/WatchResponse.ts';

export interface SyncDefinition {
  Watch: MethodDefinition<_writ_sync_v1_WatchRequest, _writ_sync_v1_WatchResponse, _writ_sync_v1_WatchRequestOutput, _writ_sync_v1_WatchResponseOutput>
}
