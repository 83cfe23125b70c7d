/** The Workload API's and the admin socket as the agent's commands find them. */
import type { Terminal } from '../../shared/cli/command.ts';
import { type Flag, type Flags, UsageError } from '../../shared/cli/flag.ts';

export const DEFAULT_SOCKET = '/tmp/spire-agent/public/api.sock'; // SPIRE's

export const socketFlags: readonly Flag[] = [
  {
    name: 'socketPath',
    kind: 'text',
    doc: "the Workload API's socket; also SPIFFE_ENDPOINT_SOCKET",
    otherwise: DEFAULT_SOCKET,
  },
  { name: 'instance', kind: 'text', doc: 'put in the place of %i in SPIRE_AGENT_PUBLIC_SOCKET_TEMPLATE' },
];

export const outputFlag: Flag = { name: 'output', kind: 'text', doc: 'pretty or json', otherwise: 'pretty' };

/** The flag, else the environment, else the default; `-instance` needs a template. */
export function socketPath(flags: Flags, { environment }: Terminal): string {
  if (flags.has('instance')) {
    const template = environment['SPIRE_AGENT_PUBLIC_SOCKET_TEMPLATE'];
    if (flags.has('socketPath')) throw new UsageError('-instance and -socketPath exclude each other');
    if (!template?.includes('%i')) {
      throw new UsageError(
        '-instance needs SPIRE_AGENT_PUBLIC_SOCKET_TEMPLATE in the environment, with %i in it',
      );
    }
    return template.replaceAll('%i', flags.text('instance'));
  }
  const fromEnvironment = environment['SPIFFE_ENDPOINT_SOCKET'];
  if (flags.has('socketPath') || !fromEnvironment?.startsWith('unix:')) return flags.text('socketPath');
  return fromEnvironment.replace(/^unix:(\/\/)?/, '');
}

/** Whether JSON is asked for; throws on any other word than pretty or json. */
export function wantsJson(flags: Flags): boolean {
  const output = flags.text('output');
  if (output !== 'pretty' && output !== 'json')
    throw new UsageError(`-output is pretty or json, not "${output}"`);
  return output === 'json';
}
