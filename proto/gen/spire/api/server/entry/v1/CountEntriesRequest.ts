// From proto/spire/api/server/entry/v1/entry.proto

import type { EntryFilter as _spire_api_server_entry_v1_EntryFilter, EntryFilterOutput as _spire_api_server_entry_v1_EntryFilterOutput } from '../../../../../spire/api/server/entry/v1/EntryFilter.ts';

export interface CountEntriesRequest {
  'filter'?: (_spire_api_server_entry_v1_EntryFilter | null);
}

export interface CountEntriesRequestOutput {
  'filter': (_spire_api_server_entry_v1_EntryFilterOutput | null);
}
