/**
 * The SVID that the agent has now, and its place on disk: stored before it is used, so that a crash at any moment leaves
 * one that works. Used by server-link (to present it), attest-node and rotate (to replace it).
 */
import { parseX509Svid } from '../../shared/svid/x509-svid.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import { type AgentSvid, findKeyOf } from './agent-svid.ts';

/** What lasts over a restart. */
export interface AgentState {
  /** DER, leaf first; empty = none. */
  readonly svid: readonly Uint8Array[];
  /** DER of the trust domain's X.509 authorities; empty = none. */
  readonly bundle: readonly Uint8Array[];
  readonly canReattest: boolean;
}

/** Implemented by agent-svid/state-file. */
export interface AgentStateStore {
  readonly state: AgentState;
  /** Durable when it returns; throws FailedPrecondition when it cannot be written, and then keeps the old state. */
  store(change: Partial<AgentState>): void;
}

export class OwnSvid {
  readonly #store: AgentStateStore;
  #current: AgentSvid | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(store: AgentStateStore) {
    this.#store = store;
  }

  get current(): AgentSvid | undefined {
    return this.#current;
  }

  /** Takes up the stored SVID; says why when it cannot be used. */
  async load(keys: KeyManager, at: Date): Promise<'loaded' | 'none' | 'expired' | 'key-is-gone'> {
    const { svid: chain, canReattest } = this.#store.state;
    if (chain.length === 0) return 'none';
    const svid = parseX509Svid(chain);
    if (svid.expiresAt <= at) return 'expired';
    const found = await findKeyOf(svid, keys);
    if (found === undefined) return 'key-is-gone';
    this.#current = { chain, svid, canReattest, ...found };
    return 'loaded';
  }

  /** From now on this is the SVID; its key is in the key manager already. */
  install(next: AgentSvid): void {
    this.#store.store({ svid: next.chain, canReattest: next.canReattest });
    this.#current = next;
    for (const listener of this.#listeners) listener();
  }

  /** Calls back after each new one. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Forgets the SVID, on disk too: the server no longer honours it. */
  remove(): void {
    this.#store.store({ svid: [], canReattest: false });
    this.#current = undefined;
  }
}
