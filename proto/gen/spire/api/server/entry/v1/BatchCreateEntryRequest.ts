// From proto/spire/api/server/entry/v1/entry.proto

import type { Entry as _spire_api_types_Entry, EntryOutput as _spire_api_types_EntryOutput } from '../../../../../spire/api/types/Entry.ts';
import type { EntryMask as _spire_api_types_EntryMask, EntryMaskOutput as _spire_api_types_EntryMaskOutput } from '../../../../../spire/api/types/EntryMask.ts';

export interface BatchCreateEntryRequest {
  'entries'?: (_spire_api_types_Entry)[];
  'output_mask'?: (_spire_api_types_EntryMask | null);
}

export interface BatchCreateEntryRequestOutput {
  'entries': (_spire_api_types_EntryOutput)[];
  'output_mask': (_spire_api_types_EntryMaskOutput | null);
}
