/** Who does a deed that only one server of the cluster is to do at a time. Implemented by datastore/leases. */

/** A lease that was taken: whoever changes something by it shows it, in the transaction that changes it. */
export interface Fence {
  readonly name: string;
  /** Of this run of the server. */
  readonly holder: string;
}

export interface LeaseRequest {
  readonly name: string;
  readonly now: Date;
  /** So long after it was done, nobody does it again. */
  readonly restMs: number;
}

/** `held`: another server is at it, or ended while it was. `rested`: it was done a while ago. */
export type Taken = Fence | 'held' | 'rested';

export interface LeaseStore {
  /** A lease lasts for a minute from each time that it is shown; when its holder is gone, it runs out. */
  take(request: LeaseRequest): Promise<Taken>;
  /** Gives it back; `doneAt` where the deed was done to its end. What another has taken meanwhile stays its own. */
  end(fence: Fence, doneAt: Date | undefined): Promise<void>;
}
