// From proto/spire/api/server/entry/v1/entry.proto

import type { Entry as _spire_api_types_Entry, EntryOutput as _spire_api_types_EntryOutput } from '../../../../../spire/api/types/Entry.ts';

export interface ListEntriesResponse {
  'entries'?: (_spire_api_types_Entry)[];
  'next_page_token'?: (string);
}

export interface ListEntriesResponseOutput {
  'entries': (_spire_api_types_EntryOutput)[];
  'next_page_token': (string);
}
