// From proto/writ/entry/v1/entry-changes.proto

import type { Long } from '@grpc/proto-loader';

export interface KnownEntry {
  'id'?: (string);
  'revision_number'?: (number | string | Long);
  'created_at'?: (number | string | Long);
}

export interface KnownEntryOutput {
  'id': (string);
  'revision_number': (string);
  'created_at': (string);
}
