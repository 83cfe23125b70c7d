// From proto/envoy/config/core/v3/base.proto


export interface ControlPlane {
  'identifier'?: (string);
}

export interface ControlPlaneOutput {
  'identifier': (string);
}
