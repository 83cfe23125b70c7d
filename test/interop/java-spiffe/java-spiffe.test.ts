/** A workload written with the Java SDK, beside one written with our library, served by a real Writ. */
import { claims } from '../sdk/claims.ts';
import { buildPeer } from './build.ts';

claims({
  name: 'Java',
  build: buildPeer,
  tellsLoss: false, // it tries again, and calls onError for InvalidArgument alone (java-spiffe 0.8.17)
  refusal: /is not accepted|SSLHandshakeException/,
});
