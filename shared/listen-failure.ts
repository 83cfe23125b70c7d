/** Why a TCP port cannot be listened on, for an operator. Used by whatever opens one. */
import { messageOf } from './errors.ts';

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there: stop it, or set bind_port',
  EACCES: 'this user may not listen there: set bind_port to 1024 or higher',
  EADDRNOTAVAIL: 'this machine does not have that address: set bind_address',
};

export function listenFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ADVICE[code] ?? messageOf(error);
}
