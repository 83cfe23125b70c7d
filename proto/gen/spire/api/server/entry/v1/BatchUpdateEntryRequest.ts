// From proto/spire/api/server/entry/v1/entry.proto

import type { Entry as _spire_api_types_Entry, EntryOutput as _spire_api_types_EntryOutput } from '../../../../../spire/api/types/Entry.ts';
import type { EntryMask as _spire_api_types_EntryMask, EntryMaskOutput as _spire_api_types_EntryMaskOutput } from '../../../../../spire/api/types/EntryMask.ts';

export interface BatchUpdateEntryRequest {
  'entries'?: (_spire_api_types_Entry)[];
  'input_mask'?: (_spire_api_types_EntryMask | null);
  'output_mask'?: (_spire_api_types_EntryMask | null);
}

export interface BatchUpdateEntryRequestOutput {
  'entries': (_spire_api_types_EntryOutput)[];
  'input_mask': (_spire_api_types_EntryMaskOutput | null);
  'output_mask': (_spire_api_types_EntryMaskOutput | null);
}
