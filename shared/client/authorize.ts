/** Which peers to talk to. */
import { Code, CodedError, internal, invalidArgument, messageOf, permissionDenied } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { isInSubtree } from '../spiffe/subtree.ts';
import type { TrustDomain } from '../spiffe/trust-domain.ts';

/**
 * Throws PermissionDenied on a peer that is not wanted, and returns nothing. Its chain, or its token, has been verified
 * before.
 */
export type Authorizer = (peer: SpiffeId) => void;

/**
 * Asks the authorizer. Throws what it throws; Internal when it returns something, be it `true` or a promise: whoever wrote
 * it may have meant a verdict, and it must let nobody in.
 */
export function askAuthorizer(authorizer: Authorizer, peer: SpiffeId): void {
  const said: unknown = authorizer(peer);
  if (said === undefined) return;
  if (said instanceof Promise) said.catch(() => {}); // it comes too late to be a verdict
  throw internal(
    'an authorizer returned a value: it is to throw, or a predicate is to be wrapped in authorizeIf',
  );
}

export const authorizeId =
  (...wanted: readonly SpiffeId[]): Authorizer =>
  (peer) => {
    if (!wanted.some((id) => id.equals(peer))) throw permissionDenied(`unexpected peer ${peer}`);
  };

/** This ID and all below it, by whole segments: `spiffe://example.org/shop` is not above `spiffe://example.org/shops`. */
export const authorizeUnder =
  (root: SpiffeId): Authorizer =>
  (peer) => {
    const subtree = { root: root.toString(), withRoot: true, withBelow: true };
    if (!isInSubtree(peer.toString(), subtree)) throw permissionDenied(`peer ${peer} is not under ${root}`);
  };

export const authorizeMemberOf =
  (trustDomain: TrustDomain): Authorizer =>
  (peer) => {
    if (!peer.isMemberOf(trustDomain))
      throw permissionDenied(`peer ${peer} is not of trust domain ${trustDomain}`);
  };

/** Anybody with a valid SVID of a trust domain whose bundle is held. */
export const authorizeAny: Authorizer = () => {};

/** Whoever the predicate is true of; nothing but `true` counts, and so no promise does. */
export const authorizeIf =
  (isWanted: (peer: SpiffeId) => boolean): Authorizer =>
  (peer) => {
    if (isWanted(peer) !== true) throw permissionDenied(`peer ${peer} is not wanted`);
  };

/** Whom one of these lets in. Throws InvalidArgument without any. */
export function authorizeOneOf(...authorizers: readonly Authorizer[]): Authorizer {
  checkSome(authorizers);
  return (peer) => {
    const refusals: string[] = [];
    for (const authorizer of authorizers) {
      const refusal = refusalOf(authorizer, peer);
      if (refusal === undefined) return;
      refusals.push(refusal);
    }
    throw permissionDenied(refusals.join(', and '));
  };
}

/** Whom all of these let in. Throws InvalidArgument without any: that would be everybody. */
export function authorizeAllOf(...authorizers: readonly Authorizer[]): Authorizer {
  checkSome(authorizers);
  return (peer) => {
    for (const authorizer of authorizers) askAuthorizer(authorizer, peer);
  };
}

/** Whom this one refuses; where it fails instead, nobody. */
export const authorizeNot =
  (authorizer: Authorizer): Authorizer =>
  (peer) => {
    if (refusalOf(authorizer, peer) === undefined) throw permissionDenied(`peer ${peer} is excluded`);
  };

function checkSome(authorizers: readonly Authorizer[]): void {
  if (authorizers.length === 0) throw invalidArgument('at least one authorizer is needed');
}

/** Why this peer is not wanted; undefined when it is. A failure that is no verdict is thrown on: it must let nobody in. */
export function refusalOf(authorizer: Authorizer, peer: SpiffeId): string | undefined {
  try {
    askAuthorizer(authorizer, peer);
    return undefined;
  } catch (error) {
    if (error instanceof CodedError && error.code === Code.permissionDenied) return messageOf(error);
    throw error;
  }
}
