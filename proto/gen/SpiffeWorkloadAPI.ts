// From proto/spiffe/workload/workload.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { JWTBundlesRequest as _JWTBundlesRequest, JWTBundlesRequestOutput as _JWTBundlesRequestOutput } from './JWTBundlesRequest.ts';
import type { JWTBundlesResponse as _JWTBundlesResponse, JWTBundlesResponseOutput as _JWTBundlesResponseOutput } from './JWTBundlesResponse.ts';
import type { JWTSVIDRequest as _JWTSVIDRequest, JWTSVIDRequestOutput as _JWTSVIDRequestOutput } from './JWTSVIDRequest.ts';
import type { JWTSVIDResponse as _JWTSVIDResponse, JWTSVIDResponseOutput as _JWTSVIDResponseOutput } from './JWTSVIDResponse.ts';
import type { ValidateJWTSVIDRequest as _ValidateJWTSVIDRequest, ValidateJWTSVIDRequestOutput as _ValidateJWTSVIDRequestOutput } from './ValidateJWTSVIDRequest.ts';
import type { ValidateJWTSVIDResponse as _ValidateJWTSVIDResponse, ValidateJWTSVIDResponseOutput as _ValidateJWTSVIDResponseOutput } from './ValidateJWTSVIDResponse.ts';
import type { WITBundlesRequest as _WITBundlesRequest, WITBundlesRequestOutput as _WITBundlesRequestOutput } from './WITBundlesRequest.ts';
import type { WITBundlesResponse as _WITBundlesResponse, WITBundlesResponseOutput as _WITBundlesResponseOutput } from './WITBundlesResponse.ts';
import type { WITSVIDRequest as _WITSVIDRequest, WITSVIDRequestOutput as _WITSVIDRequestOutput } from './WITSVIDRequest.ts';
import type { WITSVIDResponse as _WITSVIDResponse, WITSVIDResponseOutput as _WITSVIDResponseOutput } from './WITSVIDResponse.ts';
import type { X509BundlesRequest as _X509BundlesRequest, X509BundlesRequestOutput as _X509BundlesRequestOutput } from './X509BundlesRequest.ts';
import type { X509BundlesResponse as _X509BundlesResponse, X509BundlesResponseOutput as _X509BundlesResponseOutput } from './X509BundlesResponse.ts';
import type { X509SVIDRequest as _X509SVIDRequest, X509SVIDRequestOutput as _X509SVIDRequestOutput } from './X509SVIDRequest.ts';
import type { X509SVIDResponse as _X509SVIDResponse, X509SVIDResponseOutput as _X509SVIDResponseOutput } from './X509SVIDResponse.ts';

export interface SpiffeWorkloadAPIDefinition {
  FetchJWTBundles: MethodDefinition<_JWTBundlesRequest, _JWTBundlesResponse, _JWTBundlesRequestOutput, _JWTBundlesResponseOutput>
  FetchJWTSVID: MethodDefinition<_JWTSVIDRequest, _JWTSVIDResponse, _JWTSVIDRequestOutput, _JWTSVIDResponseOutput>
  FetchWITBundles: MethodDefinition<_WITBundlesRequest, _WITBundlesResponse, _WITBundlesRequestOutput, _WITBundlesResponseOutput>
  FetchWITSVID: MethodDefinition<_WITSVIDRequest, _WITSVIDResponse, _WITSVIDRequestOutput, _WITSVIDResponseOutput>
  FetchX509Bundles: MethodDefinition<_X509BundlesRequest, _X509BundlesResponse, _X509BundlesRequestOutput, _X509BundlesResponseOutput>
  FetchX509SVID: MethodDefinition<_X509SVIDRequest, _X509SVIDResponse, _X509SVIDRequestOutput, _X509SVIDResponseOutput>
  ValidateJWTSVID: MethodDefinition<_ValidateJWTSVIDRequest, _ValidateJWTSVIDResponse, _ValidateJWTSVIDRequestOutput, _ValidateJWTSVIDResponseOutput>
}
