/** Who stands behind a connection to the Workload API. Made by accept, judged by gate. */
import type { CodedError } from '../../shared/errors.ts';
import type { Peer } from '../attest-workload/peer-info.ts';

export type Caller =
  | { readonly kind: 'process'; readonly peer: Peer; readonly connection: CallerConnection }
  /** Its calls are answered with the reason, so that the client can say why. */
  | { readonly kind: 'refused'; readonly error: CodedError };

export interface CallerConnection {
  /** False for the agent's own. */
  readonly isBounded: boolean;
  /** A call begins that is let through; the connection is idle again when all of them have ended. */
  begin(): void;
  end(): void;
  /** Closes at once, whatever is under way. */
  cut(): void;
}
