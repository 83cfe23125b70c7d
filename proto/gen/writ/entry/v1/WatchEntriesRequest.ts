// From proto/writ/entry/v1/entry-changes.proto

import type { EntryFilter as _spire_api_server_entry_v1_EntryFilter, EntryFilterOutput as _spire_api_server_entry_v1_EntryFilterOutput } from '../../../spire/api/server/entry/v1/EntryFilter.ts';
import type { EntryMask as _spire_api_types_EntryMask, EntryMaskOutput as _spire_api_types_EntryMaskOutput } from '../../../spire/api/types/EntryMask.ts';

export interface WatchEntriesRequest {
  'filter'?: (_spire_api_server_entry_v1_EntryFilter | null);
  'from'?: (string);
  'output_mask'?: (_spire_api_types_EntryMask | null);
}

export interface WatchEntriesRequestOutput {
  'filter': (_spire_api_server_entry_v1_EntryFilterOutput | null);
  'from': (string);
  'output_mask': (_spire_api_types_EntryMaskOutput | null);
}
