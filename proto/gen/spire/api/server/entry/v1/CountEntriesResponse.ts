// From proto/spire/api/server/entry/v1/entry.proto


export interface CountEntriesResponse {
  'count'?: (number);
}

export interface CountEntriesResponseOutput {
  'count': (number);
}
