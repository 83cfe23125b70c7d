// From proto/spiffe/workload/workload.proto

import type { X509SVID as _X509SVID, X509SVIDOutput as _X509SVIDOutput } from './X509SVID.ts';

export interface X509SVIDResponse {
  'svids'?: (_X509SVID)[];
  'crl'?: (Buffer | Uint8Array | string)[];
  'federated_bundles'?: ({[key: string]: Buffer | Uint8Array | string});
}

export interface X509SVIDResponseOutput {
  'svids': (_X509SVIDOutput)[];
  'crl': (Buffer)[];
  'federated_bundles': ({[key: string]: Buffer});
}
