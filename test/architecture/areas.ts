/** The rooms of the house: which one a file is in, and which ones it may see. The map is in the README. */
import type { Source } from './source.ts';

export type Area =
  | 'shared/top'
  | 'shared/names'
  | 'shared/svid'
  | 'shared/plumbing'
  | 'shared/client'
  | 'proto'
  | 'main'
  | 'cli'
  | 'config'
  | 'root'
  | 'door'
  | 'core'
  | 'edge'
  | 'workload'
  | 'deploy'
  | 'test';

/** The first one that matches a path decides. */
const PLACES: readonly (readonly [RegExp, Area])[] = [
  [/^test\//, 'test'],
  [/^deploy\//, 'deploy'],
  [/^proto\//, 'proto'],
  [/^shared\/client\//, 'shared/client'],
  [/^shared\/(?:rpc|tls|config|log|telemetry|health|cli)\//, 'shared/plumbing'],
  [/^shared\/(?:svid|bundle)\//, 'shared/svid'],
  [/^shared\/(?:spiffe|crypto)\//, 'shared/names'],
  [/^shared\/[^/]+$|^package\.json$/, 'shared/top'],
  [/^(?:server|agent|server\/oidc|agent\/svid-files)\/main\.ts$/, 'main'],
  [/^(?:server|agent)\/cli\//, 'cli'],
  [/^(?:server|agent|server\/oidc|agent\/svid-files)\/(?:config\.ts$|config\/)/, 'config'],
  [/^agent\/svid-files\//, 'workload'], // a program of its own beside the workloads it serves
  [/^agent\/(?:count-calls|private-directory|rates|renewal-time|retry-delay|turns)\.ts$/, 'core'], // of several folders
  [/^(?:server|agent)\/(?:start\/)?[^/]+\.ts$/, 'root'], // beside main.ts: server.ts, agent.ts and what they are made of
  // A program of its own beside the server, in small: root, doors, and the parts that are edges.
  [/^server\/oidc\/provider\.ts$/, 'root'],
  [/^server\/oidc\/(?:listen|endpoints)\//, 'door'],
  [/^server\/oidc\/key-source\/(?!key-source\.ts$)/, 'edge'],
  [/^server\/(?:listen|api|federation\/endpoint)\b/, 'door'],
  [/^agent\/(?:workload-api|sds|admin-api)\//, 'door'],
  [/^server\/datastore\/|^server\/federation\/acme/, 'edge'],
  [/^agent\/server-link\/|^agent\/(?:agent-svid\/state|cache\/kept)-file\.ts$/, 'edge'],
  // In a folder of parts the interface and the deed around it are core; the parts and what they need are edges.
  [/^(?:server|agent)\/([a-z-]+)\/registry\.ts$/, 'edge'],
  [/^(?:server|agent)\/key-manager\/(?!key-manager\.ts$)/, 'edge'],
  [/^server\/(upstream-authority|credential-composer)\/(?!\1\.ts$)/, 'edge'],
  [/^(?:server|agent)\/attest-node\/(?!(?:attest|node-attestor)\.ts$)/, 'edge'],
  [/^agent\/attest-workload\/(?!(?:attest|workload-attestor|peer-info)\.ts$)/, 'edge'],
  [/^(?:server|agent)\//, 'core'],
];

export function areaOf(path: string): Area {
  const [, area] = PLACES.find(([pattern]) => pattern.test(path)) ?? [];
  if (area === undefined)
    throw new Error(`${path} is in no room of the house: name its place in test/architecture/areas.ts`);
  return area;
}

/** `server` or `agent`; undefined for what belongs to neither. */
export const halfOf = (path: string): 'server' | 'agent' | undefined =>
  path.startsWith('server/') ? 'server' : path.startsWith('agent/') ? 'agent' : undefined;

/** The folder two levels down, within which edges are one part: `server/datastore`. */
export const folderOf = ({ path }: Pick<Source, 'path'>): string => path.split('/').slice(0, 2).join('/');

const SHARED: readonly Area[] = ['shared/top', 'shared/names', 'shared/svid', 'shared/plumbing'];

/** What each area may see, with the reason that the first forbidden look would hear. */
export const sight: Readonly<Record<Area, { readonly may: readonly Area[]; readonly why: string }>> = {
  'shared/top': { may: ['shared/top'], why: 'the ground floor stands on nothing' },
  'shared/names': {
    may: ['shared/top', 'shared/names'],
    why: 'identifiers and cryptography know no SVIDs, files or wires',
  },
  'shared/svid': {
    may: ['shared/top', 'shared/names', 'shared/svid'],
    why: 'SVIDs and bundles are checked without knowing where they came from',
  },
  'shared/plumbing': {
    may: [...SHARED, 'proto'],
    why: 'pipes carry what others mean: they know neither half',
  },
  'shared/client': {
    may: [...SHARED, 'shared/client', 'proto'],
    why: 'the published library must not bring a server or an agent along',
  },
  proto: { may: ['proto'], why: 'protocol files stand alone' },
  main: {
    may: ['main', 'cli', 'shared/top', 'shared/plumbing'],
    why: 'a main file starts the command line and nothing else',
  },
  cli: {
    may: ['cli', 'config', 'root', 'workload', ...SHARED, 'shared/client', 'proto'],
    why: 'commands speak to a running server or agent by its API; only run builds one',
  },
  config: { may: ['config', ...SHARED], why: 'configuration is read before anything is built' },
  root: {
    may: ['root', 'config', 'door', 'core', 'edge', ...SHARED, 'proto'],
    why: 'a composition root builds, it does not serve the command line',
  },
  door: {
    may: ['door', 'core', ...SHARED, 'proto'],
    why: 'doors translate the wire for the core; edges are handed in by the root',
  },
  core: {
    may: ['core', 'shared/top', 'shared/names', 'shared/svid', 'shared/plumbing'],
    why: 'rules and state must not depend on a wire, a table or a file format',
  },
  edge: {
    may: ['edge', 'core', ...SHARED, 'proto'],
    why: 'an edge implements what the core asks for and knows no door',
  },
  workload: {
    may: ['workload', 'config', ...SHARED, 'shared/client', 'proto'],
    why: 'it is a workload as any other, and knows the agent by its Workload API alone',
  },
  deploy: {
    may: ['deploy', 'config', ...SHARED, 'shared/client', 'proto'],
    why: 'what runs the programs uses their files and APIs, as any operator',
  },
  test: {
    may: [
      'test',
      'shared/client',
      'proto',
      'main',
      'cli',
      'config',
      'root',
      'door',
      'core',
      'edge',
      'workload',
      'deploy',
      ...SHARED,
    ],
    why: 'tests see everything',
  },
};
