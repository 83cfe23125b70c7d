/** What may be called or written only in one named place. */
import { matches, type Rule, type Source, type Violation } from './source.ts';

interface Ban {
  readonly what: RegExp;
  /** Where it is right. Tests are outside of these rules. */
  readonly within: RegExp;
  readonly why: string;
}

const NOWHERE = /^$/;
/** Main files, and what a second Ctrl-C does. */
const MAIN =
  /^(?:server|agent|server\/oidc|agent\/svid-files)\/main\.ts$|^shared\/cli\/run-until-signal\.ts$|^deploy\/(?:up|demo)\/|^deploy\/config\/generate-reference\.ts$|^proto\/generate\.ts$/;

const bans: readonly Ban[] = [
  {
    what: /\bDate\.now\b/g,
    within: NOWHERE,
    why: 'time is handed in as a Clock (shared/clock.ts), so that tests can move it',
  },
  {
    what: /\bnew Date\(\s*\)/g,
    within: /^shared\/clock\.ts$/,
    why: 'time is handed in as a Clock (shared/clock.ts), so that tests can move it',
  },
  {
    what: /\bperformance\.(?:now|timeOrigin)\b/g,
    within: /^shared\/clock\.ts$/,
    why: 'monotonicMs of shared/clock.ts measures',
  },
  {
    what: /\b(?:setTimeout|setInterval)\(/g,
    within: /^shared\/clock\.ts$/,
    why: 'waiting goes through a Clock, so that tests do not wait',
  },
  {
    what: /\bMath\.random\b/g,
    within: NOWHERE,
    why: 'randomness is handed in as a Random (shared/random.ts)',
  },
  {
    what: /\b(?:randomBytes|randomUUID|randomInt|randomFill|randomFillSync|getRandomValues)\b/g,
    within: /^shared\/random\.ts$/,
    why: 'randomness is handed in as a Random (shared/random.ts)',
  },
  {
    what: /\bprocess\.env\b/g,
    within: /^shared\/cli\/terminal\.ts$|^shared\/client\/environment\.ts$|^deploy\/(?:up|demo)\//,
    why: 'the environment is read once, at the door',
  },
  {
    what: /\bprocess\.(?:argv|exit|exitCode)\b/g,
    within: MAIN,
    why: 'only main files know that they are programs',
  },
  {
    what: /\bconsole\./g,
    within: NOWHERE,
    why: 'logs go through a Logger, output of commands through a Terminal',
  },
  {
    what: /\bprocess\.(?:stdout|stderr)\b/g,
    within: MAIN,
    why: 'logs go through a Logger, output of commands through a Terminal',
  },
  { what: /\b(?:eval|Function)\(/g, within: NOWHERE, why: 'no code is made at run time' },
  {
    what: /\brejectUnauthorized:\s*false\b/g,
    within:
      /^shared\/(?:tls\/(?:listen|spiffe-dial)|client\/mtls-server|telemetry\/prometheus-listener)\.ts$/,
    why: 'only where the chain is then verified against the bundle of its own trust domain',
  },
];

/** SQL as it is written here: lower case, in strings. */
const SQL =
  /\b(?:select\s[^'"`]{1,200}?\sfrom\s|insert\s+into\s|update\s+[a-z_]+\s+set\s|delete\s+from\s|create\s+(?:unique\s+)?(?:table|index)\s|alter\s+table\s)/gi;

const isProduct = ({ path }: Source): boolean => !path.startsWith('test/');

const banned = (sources: readonly Source[], { what, within, why }: Ban): readonly Violation[] =>
  sources
    .filter((source) => isProduct(source) && !within.test(source.path))
    .flatMap((source) =>
      matches(source, source.bare, what).map(({ line, found }) => ({
        path: source.path,
        line,
        message: `${found}: ${why}`,
      })),
    );

export const callRules: readonly Rule[] = [
  {
    name: 'time, chance, environment and output each have one door',
    why: 'what depends on them can be tested without waiting, and behaves the same everywhere',
    check: (sources) => bans.flatMap((ban) => banned(sources, ban)),
  },
  {
    name: 'SQL is in server/datastore',
    why: 'the shape of the tables is known to one folder (rule 6)',
    check: (sources) =>
      sources
        .filter((source) => isProduct(source) && !source.path.startsWith('server/datastore/'))
        .flatMap((source) =>
          matches(source, stringsOf(source), SQL).map(({ line, found }) => ({
            path: source.path,
            line,
            message: `SQL "${found}"`,
          })),
        ),
  },
];

/** What is in strings alone, at its place. */
function stringsOf({ withStrings, bare }: Source): string {
  return [...withStrings]
    .map((one, at) => (one === '\n' || bare[at] !== one || one === ' ' ? one : ' '))
    .join('');
}
