/** What `writ up` was asked for. */
import { resolve } from 'node:path';
import type { Flag, Flags } from '../../shared/cli/flag.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

export interface UpOptions {
  readonly stateDirectory: string;
  readonly port: number;
  readonly trustDomain: TrustDomain;
  readonly isOnce: boolean;
  readonly isFresh: boolean;
}

export const upFlags: readonly Flag[] = [
  {
    name: 'once',
    kind: 'boolean',
    doc: 'stop after the first call between the services; exit 0 if all went well',
  },
  { name: 'fresh', kind: 'boolean', doc: 'throw away the state of earlier runs first' },
  {
    name: 'state',
    kind: 'text',
    doc: 'directory for everything that is kept; as root /var/lib/writ: Postgres then runs as another user',
    otherwise: process.geteuid?.() === 0 ? '/var/lib/writ' : '.writ',
  },
  { name: 'port', kind: 'number', doc: 'TCP port of the server on 127.0.0.1', otherwise: '8081' },
  { name: 'trustDomain', kind: 'text', doc: 'trust domain to issue for', otherwise: 'example.org' },
];

const SOCKET_PATH_MAX = 107; // sockaddr_un.sun_path, less its final zero
const LONGEST_SOCKET = '/server/private/api.sock';

/** Throws UsageError on a port that is none, or a state directory whose sockets would have too long a path. */
export function optionsOf(flags: Flags): UpOptions {
  const stateDirectory = resolve(flags.text('state'));
  const port = flags.number('port');
  if (port < 1 || port > 65_535) throw new UsageError(`-port ${port} is not within 1 and 65535`);
  if (Buffer.byteLength(stateDirectory) + LONGEST_SOCKET.length > SOCKET_PATH_MAX) {
    throw new UsageError(
      `the path ${stateDirectory} is too long for sockets below it: choose a shorter one with --state`,
    );
  }
  const trustDomain = TrustDomain.parse(flags.text('trustDomain'));
  return { stateDirectory, port, trustDomain, isOnce: flags.is('once'), isFresh: flags.is('fresh') };
}
