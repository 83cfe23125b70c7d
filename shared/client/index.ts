/** The published client library, `writ/client`. Its handbook is README.md beside this file. */
export { type Authorizer, authorizeAny, authorizeId, authorizeMemberOf } from './authorize.ts';
export { type EndpointAddress, parseEndpointAddress, SOCKET_VARIABLE } from './endpoint-address.ts';
export { renewedBy } from './renewing-channel.ts';
export { mtlsChannelCredentials, mtlsServerCredentials } from './grpc.ts';
export { connectMtls, connectMtlsHttp2, type MtlsAddress, MtlsAgent } from './mtls-client.ts';
export { createMtlsHttp2Server, createMtlsHttpsServer, createMtlsServer } from './mtls-server.ts';
export { checkPeer, type Connected, type MtlsOptions, peerExpiryOf, peerIdOf } from './peer.ts';
export type { X509Watcher } from './workload-api.ts';
export { WorkloadApiClient, type WorkloadApiOptions } from './workload-api-client.ts';
export type { X509Context, X509Identity } from './x509-context.ts';
export { X509Source, type X509SourceOptions } from './x509-source.ts';
export { CodedError } from '../errors.ts';
export { SpiffeId } from '../spiffe/spiffe-id.ts';
export { TrustDomain } from '../spiffe/trust-domain.ts';
