/** Who stands behind a connection to the admin socket. Made by accept, judged by gate. */
import type { CodedError } from '../../shared/errors.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import type { CallerConnection } from '../workload-api/caller.ts';

export type AdminCaller =
  | {
      readonly kind: 'process';
      readonly pid: number;
      readonly uid: number;
      readonly connection: CallerConnection;
      /** Held since it connected, or why it cannot be, as in another pid namespace: then it cannot be attested. */
      readonly held: Peer | CodedError;
    }
  /** Its calls are answered with the reason. */
  | { readonly kind: 'refused'; readonly error: CodedError };
