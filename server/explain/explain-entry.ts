/**
 * Which agents are authorized for an entry, and why the others are not (design: whoever asks "no identity issued" learns
 * why). Reads what every agent's set is made of; called by api/explain, on the admin socket alone.
 */
import type { Clock } from '../../shared/clock.ts';
import { selectorFaults } from '../../shared/config/selector-faults.ts';
import { notFound } from '../../shared/errors.ts';
import { isSubset, type Selector, selectorKey, selectorKeys } from '../../shared/selectors.ts';
import { isAgentId } from '../../shared/spiffe/reserved.ts';
import type { AuthorizedEntries } from '../entries/authorized-entries.ts';
import type { Entry } from '../entries/entry.ts';
import type { EntryStore } from '../entries/entry-store.ts';
import type { Node } from '../nodes/node.ts';
import type { NodeStore } from '../nodes/node-store.ts';
import { aliasesAbove, isAlias } from './aliases-above.ts';

export interface ExplainEntryParts {
  readonly entries: Pick<EntryStore, 'find'>;
  readonly nodes: Pick<NodeStore, 'find' | 'list' | 'count'>;
  /** Brought up to date before. */
  readonly index: Pick<AuthorizedEntries, 'entriesBearing' | 'isAuthorized'>;
  readonly clock: Clock;
}

export interface ExplainedAgent {
  readonly agent: Node;
  /** Undefined: it is authorized. */
  readonly obstacle: Obstacle | undefined;
}

export interface Obstacle {
  readonly why: string;
  /** The node alias that comes closest, and what the agent lacks for it. */
  readonly closest?: { readonly alias: Entry; readonly missing: readonly Selector[] };
}

export interface EntryExplanation {
  readonly entry: Entry;
  readonly parents: readonly string[];
  readonly faults: readonly string[];
  /** Authorized ones first. */
  readonly agents: readonly ExplainedAgent[];
  readonly authorizedCount: number;
  readonly lookedAtCount: number;
  readonly totalCount: number;
}

const PAGE_SIZE = 1_000;
const LOOKED_AT_MAX = 10_000; // a second's work
const SHOWN_MAX = 100; // of the authorized, and of the others

/** Throws NotFound. */
export async function explainEntry(parts: ExplainEntryParts, entryId: string): Promise<EntryExplanation> {
  const { entries, index, clock, nodes } = parts;
  const entry = await entries.find(entryId);
  if (entry === undefined) throw notFound('entry not found');
  const aliases = aliasesAbove(entry, index);
  const explain = (agent: Node): ExplainedAgent => ({
    agent,
    obstacle: isAuthorized(agent, entry, parts)
      ? undefined
      : obstacleOf(agent, { entry, aliases, now: clock.now() }),
  });
  const { authorized, others } = await lookAt(parts, explain);
  return {
    entry,
    parents: await describeParent(entry, parts),
    faults: faultsOf(entry, clock.now()),
    agents: [...authorized.slice(0, SHOWN_MAX), ...others.slice(0, SHOWN_MAX)],
    authorizedCount: authorized.length,
    lookedAtCount: authorized.length + others.length,
    totalCount: await nodes.count({}),
  };
}

async function lookAt({ nodes }: ExplainEntryParts, explain: (agent: Node) => ExplainedAgent) {
  const authorized: ExplainedAgent[] = [];
  const others: ExplainedAgent[] = [];
  for (let pageToken = ''; authorized.length + others.length < LOOKED_AT_MAX; ) {
    const page = await nodes.list({}, { pageSize: PAGE_SIZE, pageToken }, explain);
    for (const one of page.items) (one.obstacle === undefined ? authorized : others).push(one);
    pageToken = page.nextPageToken;
    if (pageToken === '') break;
  }
  return { authorized, others };
}

/** A banned or expired agent gets nothing, whatever the entries say. */
function isAuthorized(agent: Node, entry: Entry, { index, clock }: ExplainEntryParts): boolean {
  if (isGone(agent, clock.now()) !== undefined || isExpired(entry, clock.now())) return false;
  return isAlias(entry)
    ? isSubset(entry.selectors, selectorKeys(agent.selectors))
    : index.isAuthorized(agent, entry.id) !== undefined;
}

function isGone({ current }: Node, now: Date): string | undefined {
  if (current === undefined) return 'it is banned';
  return current.expiresAt <= now ? `its SVID expired at ${current.expiresAt.toISOString()}` : undefined;
}

interface Way {
  readonly entry: Entry;
  readonly aliases: readonly Entry[];
  readonly now: Date;
}

/** Of an agent that is not authorized. */
function obstacleOf(agent: Node, { entry, aliases, now }: Way): Obstacle {
  const gone = isGone(agent, now);
  if (gone !== undefined) return { why: gone };
  if (isExpired(entry, now)) return { why: 'the entry has expired' };
  const has = selectorKeys(agent.selectors);
  const [closest] = aliases
    .map((alias) => ({ alias, missing: alias.selectors.filter((one) => !has.has(selectorKey(one))) }))
    .sort((a, b) => a.missing.length - b.missing.length);
  if (closest === undefined) return { why: 'it is not the parent, and no node alias leads to the parent' };
  return { why: 'it lacks selectors of the node alias', closest };
}

const isExpired = ({ expiresAt }: Entry, now: Date): boolean => expiresAt !== undefined && expiresAt <= now;

/** What is stored in an SVID store has selectors of the store's own. */
const faultsOf = (entry: Entry, now: Date): readonly string[] => [
  ...(isExpired(entry, now) ? [`the entry expired at ${entry.expiresAt?.toISOString()}`] : []),
  ...(entry.storeSvid ? [] : selectorFaults(entry.selectors, isAlias(entry))),
];

async function describeParent(
  entry: Entry,
  { nodes, index, clock }: ExplainEntryParts,
): Promise<readonly string[]> {
  const { parentId } = entry;
  if (isAlias(entry)) return ['the server: the entry is a node alias'];
  const agent = isAgentId(parentId) ? await nodes.find(parentId) : undefined;
  const gone = agent === undefined ? undefined : isGone(agent, clock.now());
  const described = [
    ...(agent === undefined ? [] : [`an attested agent${gone === undefined ? '' : `, but ${gone}`}`]),
    ...index
      .entriesBearing(parentId)
      .slice(0, SHOWN_MAX)
      .map((bearer) => `${isAlias(bearer) ? 'the node alias' : 'the SPIFFE ID'} of entry ${bearer.id}`),
  ];
  if (described.length > 0) return described;
  return [
    isAgentId(parentId)
      ? 'no attested agent, and no entry bears it: was the agent evicted, or the ID mistyped?'
      : 'no attested agent, no node alias, and no entry bears it: nobody will ever get this SVID',
  ];
}
