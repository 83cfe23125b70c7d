/** A part of the tree of SPIFFE IDs: one ID, all below it, or both. Used where rights hold for a part of a trust domain. */

export interface Subtree {
  /** A SPIFFE ID, or that of the trust domain, without a slash at its end. */
  readonly root: string;
  readonly withRoot: boolean;
  readonly withBelow: boolean;
}

/** Segments are compared whole: `/team` is not above `/teams`. */
export const isInSubtree = (id: string, { root, withRoot, withBelow }: Subtree): boolean =>
  id === root ? withRoot : withBelow && id.startsWith(`${root}/`);
