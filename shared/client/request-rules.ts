/**
 * Who may ask for what. Rules only allow, in any order, and what none of them allows is refused: a spelling that misses a
 * rule gains nothing. Called by request-gate.
 */
import { invalidArgument, messageOf, permissionDenied } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { type Authorizer, refusalOf } from './authorize.ts';
import { pathSegments } from './request-path.ts';

export interface RequestRule {
  readonly peers: Authorizer;
  /** Prefixes, by whole segments: `/orders` is itself and what is below, and not `/orders2`; `/` is every path. */
  readonly paths: readonly string[];
  /** Such as GET, which includes HEAD; every method unless given. */
  readonly methods?: readonly string[];
}

export interface AskedFor {
  readonly id: SpiffeId;
  readonly method: string;
  /** The request target's path: see pathSegments. */
  readonly segments: readonly string[];
}

interface ReadRule {
  readonly peers: Authorizer;
  readonly prefixes: readonly (readonly string[])[];
  readonly methods: ReadonlySet<string> | undefined;
}

const METHOD = /^[A-Z][A-Z-]*$/;

/**
 * Throws PermissionDenied unless a rule allows the request; what an authorizer throws that is no verdict, too. Making it
 * throws InvalidArgument on rules that could never hold, or are not spelled as paths are compared.
 */
export function requestRules(rules: readonly RequestRule[]): (asked: AskedFor) => void {
  const read = rules.map(readRule);
  return ({ id, method, segments }) => {
    const isAllowed = read.some(
      ({ peers, prefixes, methods }) =>
        methods?.has(method) !== false &&
        prefixes.some((prefix) => isPrefix(prefix, segments)) &&
        refusalOf(peers, id) === undefined,
    );
    if (!isAllowed) throw permissionDenied(`no rule lets ${id} ask for this`);
  };
}

function readRule({ peers, paths, methods }: RequestRule): ReadRule {
  if (paths.length === 0) throw invalidArgument('a rule without paths allows nothing: give "/" for all');
  if (methods?.length === 0)
    throw invalidArgument('a rule without methods allows nothing: leave them out for all');
  return {
    peers,
    prefixes: paths.map(readPrefix),
    methods: methods === undefined ? undefined : new Set(methods.flatMap(readMethod)),
  };
}

function readPrefix(path: string): readonly string[] {
  const quoted = JSON.stringify(path);
  if (path.includes('?')) throw invalidArgument(`the rule's path ${quoted} has a query`);
  if (path.includes('*')) throw invalidArgument(`the rule's path ${quoted} has a *: it is a prefix already`);
  if (path !== '/' && path.endsWith('/'))
    throw invalidArgument(`the rule's path ${quoted} ends with a slash: leave it out`);
  try {
    return pathSegments(path);
  } catch (cause) {
    throw invalidArgument(`the rule's path ${quoted} will not do: ${messageOf(cause)}`, { cause });
  }
}

function readMethod(method: string): readonly string[] {
  if (!METHOD.test(method))
    throw invalidArgument(`the rule's method ${JSON.stringify(method)} is not one: write it as in GET`);
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}

const isPrefix = (prefix: readonly string[], segments: readonly string[]): boolean =>
  prefix.length <= segments.length && prefix.every((segment, at) => segment === segments[at]);
