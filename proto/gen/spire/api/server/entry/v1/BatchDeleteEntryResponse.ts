// From proto/spire/api/server/entry/v1/entry.proto

import type { Status as _spire_api_types_Status, StatusOutput as _spire_api_types_StatusOutput } from '../../../../../spire/api/types/Status.ts';

export interface _spire_api_server_entry_v1_BatchDeleteEntryResponse_Result {
  'status'?: (_spire_api_types_Status | null);
  'id'?: (string);
}

export interface _spire_api_server_entry_v1_BatchDeleteEntryResponse_ResultOutput {
  'status': (_spire_api_types_StatusOutput | null);
  'id': (string);
}

export interface BatchDeleteEntryResponse {
  'results'?: (_spire_api_server_entry_v1_BatchDeleteEntryResponse_Result)[];
}

export interface BatchDeleteEntryResponseOutput {
  'results': (_spire_api_server_entry_v1_BatchDeleteEntryResponse_ResultOutput)[];
}
