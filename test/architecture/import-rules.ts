/** Who may import whom: the table behind the map in the README. */
import { areaOf, folderOf, halfOf, sight } from './areas.ts';
import type { Import, Rule, Source, Violation } from './source.ts';

interface Exception {
  readonly from: RegExp;
  readonly to: RegExp;
  /** Only `import type`. */
  readonly isTypeOnly?: true;
  readonly why: string;
}

/** Looks that the table of areas forbids and that are right all the same. */
const ALLOWED: readonly Exception[] = [
  {
    from: /^server\/config\/datastore-plugin\.ts$/,
    to: /^server\/datastore\/connection-string\.ts$/,
    why: 'a connection string that cannot be read is a fault of the file, told with the others; the reader is pure',
  },
  {
    from: /^server\/config\//,
    to: /^server\/ca\/(?:ca|token)-config\.ts$/,
    why: 'the CA itself says what it is to be told; the file holds the type and the defaults, and nothing else',
  },
  {
    from: /^(server|agent)\//,
    to: /^(?:server|agent|server\/oidc)\/config(?:\/|\.ts)/,
    isTypeOnly: true,
    why: 'what a part can be told is declared once, where the file is read; the part gets the values from the root',
  },
];

/** Packages that more than their own corner could come to depend on. */
const PACKAGES: readonly { readonly name: RegExp; readonly within: RegExp; readonly why: string }[] = [
  { name: /^pg$/, within: /^server\/datastore\//, why: 'one door to the database' },
  {
    name: /^koffi$/,
    within: /^(shared\/rpc\/peer-kernel|agent\/workload-api\/allocator)\.ts$/,
    why: 'native code in two small places',
  },
  {
    name: /^@grpc\//,
    within: /^shared\/(?:rpc|tls)\/|^shared\/client\/grpc\/|^proto\//,
    why: 'gRPC can be replaced in one place; credentials for it are part of the published library',
  },
  {
    name: /^undici$/,
    within: /^shared\/client\/undici\.ts$|^test\//,
    why: 'for users of the client library who have it',
  },
  { name: /^(?:fastify|express)$/, within: /^test\//, why: 'the client library knows their shapes alone' },
  { name: /^pino/, within: /^shared\/log\//, why: 'all others see the interface Logger' },
  {
    name: /^(?:@peculiar\/x509|reflect-metadata)$/,
    within: /^server\/(?:ca|upstream-authority)\//,
    why: 'the cold paths of the CA alone; tests use it as the oracle',
  },
  {
    name: /^protobufjs/,
    within: /^proto\/generate\.ts$|^test\/shared\/rpc\/reflection\//,
    why: 'for generating alone; in a test the foreign reader of descriptors',
  },
  { name: /^(?:fast-check|jose|@peculiar\/webcrypto)$/, within: /^test\//, why: 'oracles and random tests' },
  { name: /^yaml$/, within: /^shared\/config\/yaml\.ts$/, why: 'one reader, which refuses what unfolds' },
  { name: /^prom-client$/, within: /^shared\/telemetry\//, why: 'all others see the interface Metrics' },
  {
    name: /^@opentelemetry\//,
    within: /^shared\/telemetry\/otlp-traces/,
    why: 'all others see the interface Traces',
  },
  { name: /^lru-cache$/, within: /^(?:server|agent|shared)\//, why: 'bounded caches anywhere' },
];

const KERNEL_ONLY: readonly { readonly name: string; readonly within: RegExp; readonly why: string }[] = [
  {
    name: 'node:child_process',
    within:
      /^(?:server\/datastore\/(?:managed\/|embedded\.ts)|agent\/svid-files\/command\.ts|deploy\/|test\/|proto\/generate\.ts)/,
    why: 'programs are started for the managed Postgres, for who asks for one beside files of SVIDs, and to run the system',
  },
];

const ours = (
  sources: readonly Source[],
  look: (source: Source, one: Import) => string | undefined,
): Violation[] =>
  sources.flatMap((source) =>
    source.imports.flatMap((one) => {
      const message = look(source, one);
      return message === undefined ? [] : [{ path: source.path, line: one.line, message }];
    }),
  );

const isException = ({ path }: Source, { target, isType }: Import): boolean =>
  ALLOWED.some(
    ({ from, to, isTypeOnly }) => from.test(path) && to.test(target) && (isType || isTypeOnly !== true),
  );

/** Exceptions that nothing needs any more. */
export const unusedExceptions = (sources: readonly Source[]): readonly string[] =>
  ALLOWED.filter(
    ({ from, to }) =>
      !sources.some(({ path, imports }) => from.test(path) && imports.some(({ target }) => to.test(target))),
  ).map(({ from, to }) => `${from} -> ${to}`);

export const importRules: readonly Rule[] = [
  {
    name: 'each room sees only the rooms below it',
    why: 'what a file can depend on is known from where it lies',
    check: (sources) =>
      ours(sources, (source, one) => {
        const { target, isOurs } = one;
        if (!isOurs) return undefined;
        const [from, to] = [areaOf(source.path), areaOf(target)];
        if (sight[from].may.includes(to) || isException(source, one)) return undefined;
        return `${from} must not import ${to} (${target}): ${sight[from].why}`;
      }),
  },
  {
    name: 'server and agent never import each other',
    why: 'they run on different machines and in different versions; what both need is shared',
    check: (sources) =>
      ours(sources, (source, { target, isOurs }) => {
        const [from, to] = [halfOf(source.path), halfOf(target)];
        if (!isOurs || from === undefined || to === undefined || from === to) return undefined;
        return `${from} imports ${target}`;
      }),
  },
  {
    name: 'edges do not see each other',
    why: 'the database and the parts of a registry can each be replaced or left out alone',
    check: (sources) =>
      ours(sources, (source, { target, isOurs }) => {
        if (!isOurs || areaOf(source.path) !== 'edge' || areaOf(target) !== 'edge') return undefined;
        return folderOf(source) === folderOf({ path: target })
          ? undefined
          : `edge imports the edge ${target}`;
      }),
  },
  {
    name: 'secrets and identity are strangers',
    why: 'the secrets process must not share code that holds the CA',
    check: (sources) =>
      ours(sources, (source, { target, isOurs }) => {
        if (!isOurs || halfOf(source.path) === undefined || halfOf(target) === undefined) return undefined;
        const isSecret = (path: string): boolean => path.startsWith('server/secrets/');
        return isSecret(source.path) === isSecret(target) ? undefined : `imports ${target}`;
      }),
  },
  {
    name: 'every import of ours names its file',
    why: 'relative imports end in .ts, so that the type stripper finds them',
    check: (sources) =>
      ours(sources, (_source, { target, isOurs }) =>
        !isOurs || /\.(?:ts|json)$/.test(target) ? undefined : `${target} has no extension`,
      ),
  },
  {
    name: 'packages stay in their corner',
    why: 'a dependency that is used in one place can be replaced in one place; each is in the table of the README',
    check: (sources) =>
      ours(sources, (source, { target, isOurs }) => {
        if (isOurs || target.startsWith('node:') || source.path.startsWith('test/')) return undefined;
        const known = PACKAGES.find(({ name }) => name.test(target));
        if (known === undefined) return `${target} is not in the table of packages`;
        return known.within.test(source.path) ? undefined : `${target} belongs elsewhere: ${known.why}`;
      }),
  },
  {
    name: 'built-in modules are named node:',
    why: 'a package of the same name cannot take their place',
    check: (sources) =>
      ours(sources, (source, { target, isOurs }) => {
        const limit = KERNEL_ONLY.find(({ name }) => name === target);
        if (
          !isOurs &&
          /^(?:fs|path|net|tls|os|crypto|http2?|https|util|events|stream|url|child_process)$/.test(target)
        )
          return `write node:${target}`;
        return limit === undefined || limit.within.test(source.path) ? undefined : `${target}: ${limit.why}`;
      }),
  },
  { name: 'no cycles', why: 'a cycle means that a third thing is missing', check: cycles },
];

/** Each cycle once, at the import that closes it. Types count: what needs each other's types is one thing in two files. */
function cycles(sources: readonly Source[]): readonly Violation[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const open: string[] = [];
  const found: Violation[] = [];
  const visit = (source: Source): void => {
    open.push(source.path);
    for (const { target, line, isOurs, isLazy } of source.imports) {
      const next = isOurs && !isLazy ? byPath.get(target) : undefined;
      if (next === undefined || done.has(target)) continue;
      const at = open.indexOf(target);
      if (at === -1) visit(next);
      else found.push({ path: source.path, line, message: [...open.slice(at), target].join(' -> ') });
    }
    open.pop();
    done.add(source.path);
  };
  for (const source of sources) if (!done.has(source.path)) visit(source);
  return found;
}
