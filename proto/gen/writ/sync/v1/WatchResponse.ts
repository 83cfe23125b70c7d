// From proto/writ/sync/v1/sync.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchResponse {
  'epoch'?: (string);
  'entries_changed_at'?: (number | string | Long);
  'bundle_sequence'?: (number | string | Long);
}

export interface WatchResponseOutput {
  'epoch': (string);
  'entries_changed_at': (string);
  'bundle_sequence': (string);
}
