// From proto/spire/api/server/svid/v1/svid.proto


export interface NewJWTSVIDRequest {
  'entry_id'?: (string);
  'audience'?: (string)[];
}

export interface NewJWTSVIDRequestOutput {
  'entry_id': (string);
  'audience': (string)[];
}
