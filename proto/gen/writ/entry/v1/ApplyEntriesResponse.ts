// From proto/writ/entry/v1/entry-changes.proto

import type { Status as _spire_api_types_Status, StatusOutput as _spire_api_types_StatusOutput } from '../../../spire/api/types/Status.ts';
import type { Long } from '@grpc/proto-loader';

export interface _writ_entry_v1_ApplyEntriesResponse_Result {
  'status'?: (_spire_api_types_Status | null);
  'id'?: (string);
  'revision_number'?: (number | string | Long);
}

export interface _writ_entry_v1_ApplyEntriesResponse_ResultOutput {
  'status': (_spire_api_types_StatusOutput | null);
  'id': (string);
  'revision_number': (string);
}

export interface ApplyEntriesResponse {
  'applied'?: (boolean);
  'created'?: (_writ_entry_v1_ApplyEntriesResponse_Result)[];
  'updated'?: (_writ_entry_v1_ApplyEntriesResponse_Result)[];
  'deleted'?: (_writ_entry_v1_ApplyEntriesResponse_Result)[];
  'unchanged'?: (_writ_entry_v1_ApplyEntriesResponse_Result)[];
}

export interface ApplyEntriesResponseOutput {
  'applied': (boolean);
  'created': (_writ_entry_v1_ApplyEntriesResponse_ResultOutput)[];
  'updated': (_writ_entry_v1_ApplyEntriesResponse_ResultOutput)[];
  'deleted': (_writ_entry_v1_ApplyEntriesResponse_ResultOutput)[];
  'unchanged': (_writ_entry_v1_ApplyEntriesResponse_ResultOutput)[];
}
