/** Why a TCP port cannot be listened on, for an operator. Used by whatever opens one. */
import { messageOf } from './errors.ts';

/** What the operator would set instead. */
interface Keys {
  readonly port: string;
  readonly address: string;
}

const KEYS: Keys = { port: 'bind_port', address: 'bind_address' };

export function listenFailure(error: unknown, { port, address }: Keys = KEYS): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return `another program listens there: stop it, or set ${port}`;
    case 'EACCES':
      return `this user may not listen there: set ${port} to 1024 or higher`;
    case 'EADDRNOTAVAIL':
      return `this machine does not have that address: set ${address}`;
    default:
      return messageOf(error);
  }
}
