// From proto/spire/api/server/entry/v1/entry.proto

import type { Status as _spire_api_types_Status, StatusOutput as _spire_api_types_StatusOutput } from '../../../../../spire/api/types/Status.ts';
import type { Entry as _spire_api_types_Entry, EntryOutput as _spire_api_types_EntryOutput } from '../../../../../spire/api/types/Entry.ts';

export interface _spire_api_server_entry_v1_BatchCreateEntryResponse_Result {
  'status'?: (_spire_api_types_Status | null);
  'entry'?: (_spire_api_types_Entry | null);
}

export interface _spire_api_server_entry_v1_BatchCreateEntryResponse_ResultOutput {
  'status': (_spire_api_types_StatusOutput | null);
  'entry': (_spire_api_types_EntryOutput | null);
}

export interface BatchCreateEntryResponse {
  'results'?: (_spire_api_server_entry_v1_BatchCreateEntryResponse_Result)[];
}

export interface BatchCreateEntryResponseOutput {
  'results': (_spire_api_server_entry_v1_BatchCreateEntryResponse_ResultOutput)[];
}
