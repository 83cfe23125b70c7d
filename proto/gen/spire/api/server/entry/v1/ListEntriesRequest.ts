// From proto/spire/api/server/entry/v1/entry.proto

import type { EntryFilter as _spire_api_server_entry_v1_EntryFilter, EntryFilterOutput as _spire_api_server_entry_v1_EntryFilterOutput } from '../../../../../spire/api/server/entry/v1/EntryFilter.ts';
import type { EntryMask as _spire_api_types_EntryMask, EntryMaskOutput as _spire_api_types_EntryMaskOutput } from '../../../../../spire/api/types/EntryMask.ts';

export interface ListEntriesRequest {
  'filter'?: (_spire_api_server_entry_v1_EntryFilter | null);
  'output_mask'?: (_spire_api_types_EntryMask | null);
  'page_size'?: (number);
  'page_token'?: (string);
}

export interface ListEntriesRequestOutput {
  'filter': (_spire_api_server_entry_v1_EntryFilterOutput | null);
  'output_mask': (_spire_api_types_EntryMaskOutput | null);
  'page_size': (number);
  'page_token': (string);
}
