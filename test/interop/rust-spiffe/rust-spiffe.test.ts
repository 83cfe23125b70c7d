/** A workload written with the Rust SDK, beside one written with our library, served by a real Writ. */
import { claims } from '../sdk/claims.ts';
import { buildPeer } from './build.ts';

claims({
  name: 'Rust',
  build: buildPeer,
  tellsLoss: true,
  refusal: /unauthorized|not authorized|certificate/i,
});
