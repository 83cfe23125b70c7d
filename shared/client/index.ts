/** The published client library, `writ/client`. */
export { type Authorizer, authorizeAny, authorizeId, authorizeMemberOf } from './authorize.ts';
export { type EndpointAddress, parseEndpointAddress, SOCKET_VARIABLE } from './endpoint-address.ts';
export {
  connectMtls,
  createMtlsHttpsServer,
  createMtlsServer,
  type MtlsAddress,
  MtlsAgent,
  type MtlsOptions,
  peerIdOf,
} from './mtls.ts';
export { WorkloadApiClient, type WorkloadApiOptions, type X509Watcher } from './workload-api-client.ts';
export type { X509Context, X509Identity } from './x509-context.ts';
export { X509Source, type X509SourceOptions } from './x509-source.ts';
export { CodedError } from '../errors.ts';
export { SpiffeId } from '../spiffe/spiffe-id.ts';
export { TrustDomain } from '../spiffe/trust-domain.ts';
