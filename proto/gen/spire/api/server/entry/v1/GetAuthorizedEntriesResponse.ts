// From proto/spire/api/server/entry/v1/entry.proto

import type { Entry as _spire_api_types_Entry, EntryOutput as _spire_api_types_EntryOutput } from '../../../../../spire/api/types/Entry.ts';

export interface GetAuthorizedEntriesResponse {
  'entries'?: (_spire_api_types_Entry)[];
}

export interface GetAuthorizedEntriesResponseOutput {
  'entries': (_spire_api_types_EntryOutput)[];
}
