/** The parts of the entry graph: a SPIFFE ID as a place, and the entries that hang there. Used by entry-graph. */
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Entry } from './entry.ts';
import type { Stamped } from './tombstones.ts';

/** A SPIFFE ID that entries bear or have as their parent. */
export class Place implements Stamped {
  readonly id: SpiffeId;
  /** Entries whose parent this is. */
  firstChild: Hanging | undefined = undefined;
  /** Entries that give this ID. */
  firstBearer: Hanging | undefined = undefined;
  /** Of its children. */
  changedAt = 0;
  /** The round in which a walk was last here. */
  mark = 0;

  constructor(id: SpiffeId) {
    this.id = id;
  }

  get isEmpty(): boolean {
    return this.firstChild === undefined && this.firstBearer === undefined;
  }

  /** True at the first visit of a round. */
  visit(round: number): boolean {
    if (this.mark === round) return false;
    this.mark = round;
    return true;
  }
}

/** An entry in its two lists, that of its parent's children and that of its ID's bearers. */
export class Hanging {
  readonly entry: Entry;
  readonly own: Place;
  readonly parent: Place;
  nextChild: Hanging | undefined = undefined;
  previousChild: Hanging | undefined = undefined;
  nextBearer: Hanging | undefined = undefined;
  previousBearer: Hanging | undefined = undefined;

  constructor(entry: Entry, own: Place, parent: Place) {
    this.entry = entry;
    this.own = own;
    this.parent = parent;
  }

  /** Puts it first in both lists. */
  link(): void {
    this.nextChild = this.parent.firstChild;
    if (this.nextChild !== undefined) this.nextChild.previousChild = this;
    this.parent.firstChild = this;
    this.nextBearer = this.own.firstBearer;
    if (this.nextBearer !== undefined) this.nextBearer.previousBearer = this;
    this.own.firstBearer = this;
  }

  unlink(): void {
    if (this.previousChild === undefined) this.parent.firstChild = this.nextChild;
    else this.previousChild.nextChild = this.nextChild;
    if (this.nextChild !== undefined) this.nextChild.previousChild = this.previousChild;
    if (this.previousBearer === undefined) this.own.firstBearer = this.nextBearer;
    else this.previousBearer.nextBearer = this.nextBearer;
    if (this.nextBearer !== undefined) this.nextBearer.previousBearer = this.previousBearer;
  }
}
