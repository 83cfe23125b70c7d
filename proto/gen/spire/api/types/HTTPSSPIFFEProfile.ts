// From proto/spire/api/types/types.proto


export interface HTTPSSPIFFEProfile {
  'endpoint_spiffe_id'?: (string);
}

export interface HTTPSSPIFFEProfileOutput {
  'endpoint_spiffe_id': (string);
}
