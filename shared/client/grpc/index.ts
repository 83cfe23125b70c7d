/** `writ/client/grpc`: what the client library has for users of @grpc/grpc-js. In the handbook of the library. */
export { mtlsChannelCredentials, mtlsServerCredentials } from './credentials.ts';
export { renewedBy } from './renewing-channel.ts';
