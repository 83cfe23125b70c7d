/** The admin socket as the server's commands find it, and the flags that every one of them has. */
import type { Terminal } from '../../shared/cli/command.ts';
import { type Flag, type Flags, UsageError } from '../../shared/cli/flag.ts';
import { withSocket } from '../../shared/cli/socket.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';

export const DEFAULT_SOCKET = '/tmp/spire-server/private/api.sock'; // SPIRE's

export const socketFlags: readonly Flag[] = [
  {
    name: 'socketPath',
    kind: 'text',
    doc: "the server's admin socket; also SPIRE_SERVER_PRIVATE_SOCKET",
    otherwise: DEFAULT_SOCKET,
  },
  { name: 'instance', kind: 'text', doc: 'put in the place of %i in SPIRE_SERVER_PRIVATE_SOCKET_TEMPLATE' },
];

export const outputFlag: Flag = { name: 'output', kind: 'text', doc: 'pretty or json', otherwise: 'pretty' };

export const adminFlags: readonly Flag[] = [...socketFlags, outputFlag];

/** The flag, else the environment, else the default; `-instance` needs a template. */
export function socketPath(flags: Flags, { environment }: Terminal): string {
  if (flags.has('instance')) {
    const template = environment['SPIRE_SERVER_PRIVATE_SOCKET_TEMPLATE'];
    if (flags.has('socketPath')) throw new UsageError('-instance and -socketPath exclude each other');
    if (!template?.includes('%i')) {
      throw new UsageError(
        '-instance needs SPIRE_SERVER_PRIVATE_SOCKET_TEMPLATE in the environment, with %i in it',
      );
    }
    return template.replaceAll('%i', flags.text('instance'));
  }
  if (flags.has('socketPath')) return flags.text('socketPath');
  return environment['SPIRE_SERVER_PRIVATE_SOCKET'] || DEFAULT_SOCKET;
}

/** Whether JSON is asked for; throws on any other word than pretty or json. */
export function wantsJson(flags: Flags): boolean {
  const output = flags.text('output');
  if (output !== 'pretty' && output !== 'json')
    throw new UsageError(`-output is pretty or json, not "${output}"`);
  return output === 'json';
}

/** Calls a service of the server on its admin socket. */
export function withService<Def, T>(
  service: string,
  { flags, terminal }: { readonly flags: Flags; readonly terminal: Terminal },
  use: (client: ServiceClient<Def>) => Promise<T>,
): Promise<T> {
  const path = socketPath(flags, terminal);
  return withSocket({ owner: 'server', path }, (channel) => use(new ServiceClient<Def>(service, channel)));
}

export const ENTRY = 'spire.api.server.entry.v1.Entry';
export const AGENT = 'spire.api.server.agent.v1.Agent';
export const BUNDLE = 'spire.api.server.bundle.v1.Bundle';
export const HEALTH = 'grpc.health.v1.Health';
