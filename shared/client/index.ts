/** The published client library, `writ/client`. Its handbook is README.md beside this file. */
export {
  type Authorizer,
  authorizeAllOf,
  authorizeAny,
  authorizeId,
  authorizeIf,
  authorizeMemberOf,
  authorizeNot,
  authorizeOneOf,
  authorizeUnder,
} from './authorize.ts';
export type { TokensTaken } from './request-caller.ts';
export {
  authorizedListener,
  callerIdOf,
  expressAuthorization,
  fastifyAuthorization,
  type Refusal,
  type RequestAuthorization,
} from './request-gate.ts';
export type { RequestRule } from './request-rules.ts';
export { type EndpointAddress, parseEndpointAddress, SOCKET_VARIABLE } from './endpoint-address.ts';
export { connectMtls, connectMtlsHttp2, type MtlsAddress, MtlsAgent } from './mtls-client.ts';
export { BundleSource, type BundleSourceOptions } from './bundle-source.ts';
export type { JwtBundles, X509Bundles } from './bundle-messages.ts';
export type { FetchedJwtSvid, JwtSvidRequest } from './fetched-jwt-svid.ts';
export { JwtSource, type JwtSourceOptions } from './jwt-source.ts';
export type { TokenVerifier } from './token-verifier.ts';
export { createMtlsHttp2Server, createMtlsHttpsServer, createMtlsServer } from './mtls-server.ts';
export { checkPeer, type Connected, type MtlsOptions, peerExpiryOf, peerIdOf } from './peer.ts';
export type { Watcher } from './watch-stream.ts';
export { WorkloadApiClient, type WorkloadApiOptions } from './workload-api-client.ts';
export type { X509Context, X509Identity } from './x509-context.ts';
export { X509Source, type X509SourceOptions } from './x509-source.ts';
export type { TokenAuthority } from '../bundle/bundle.ts';
export { Code, CodedError } from '../errors.ts';
export type { JwtSvid } from '../svid/jwt-svid.ts';
export { SpiffeId } from '../spiffe/spiffe-id.ts';
export { TrustDomain } from '../spiffe/trust-domain.ts';
