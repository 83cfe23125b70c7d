/**
 * Tells agents that their entries or the bundle changed (design D5): the newest state only, a few streams at a time, so
 * that thousands of them do not hold up other calls. Started by server.ts; called by sync/watch.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import type { WatchResponse } from '../../../proto/gen/writ/sync/v1/WatchResponse.ts';
import { type Clock, every } from '../../../shared/clock.ts';
import { Code, CodedError, unavailable } from '../../../shared/errors.ts';
import type { Send } from '../../../shared/rpc/handler.ts';
import type { Part } from '../../../shared/tasks.ts';
import type { BundleCache } from '../../bundle/bundle-cache.ts';
import type { AuthorizedEntries, EntryWatch } from '../../entries/authorized-entries.ts';
import type { AgentCheck } from '../../nodes/check-agent.ts';
import type { ActingAgent } from '../gate/context.ts';

const SLICE = 100; // streams pushed to in a turn of the event loop: some 2 ms
const RECHECK_MS = 5_000;
/** A restarted agent's dead connections may linger; more than these are not one agent. */
const STREAMS_PER_AGENT_MAX = 4;

export interface WatchHubNeeds {
  readonly index: Pick<AuthorizedEntries, 'watch' | 'position'>;
  readonly bundle: Pick<BundleCache, 'current' | 'onChange'>;
  readonly agents: Pick<AgentCheck, 'checkAgent'>;
  /** Of the nodes in memory. */
  readonly nodesRefresh: { isFresh(): boolean };
  readonly clock: Clock;
}

export interface WatchRequest {
  readonly agent: ActingAgent;
  readonly send: Send<WatchResponse>;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

interface Stream {
  readonly agent: ActingAgent;
  readonly send: Send<WatchResponse>;
  readonly entries: EntryWatch;
  readonly end: (reason: unknown) => void;
  /** What the agent has been told. */
  told: string;
  isSending: boolean;
}

export class WatchHub implements Part {
  readonly name = 'sync watchers';
  readonly #needs: WatchHubNeeds;
  readonly #streams = new Map<string, Set<Stream>>();
  readonly #toTell = new Set<Stream>();
  #isTelling = false;
  #loop: Promise<void> = Promise.resolve();
  #forgetBundle = (): void => {};

  constructor(needs: WatchHubNeeds) {
    this.#needs = needs;
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#forgetBundle = this.#needs.bundle.onChange(() => {
      for (const stream of this.#all()) this.#tell(stream);
    });
    this.#loop = every({ clock: this.#needs.clock, ms: () => RECHECK_MS, signal }, () => this.recheck());
  }

  async stop(): Promise<void> {
    this.#forgetBundle();
    await this.#loop;
  }

  /** SPIFFE IDs of those that watch. */
  get agentIds(): readonly string[] {
    return [...this.#streams.keys()];
  }

  get size(): number {
    return this.#all().length;
  }

  /** Tells the agent its state now and after each change. Never resolves: rejects with the reason when it ends. */
  async watch({ agent, send, signal }: WatchRequest): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const stream = this.#add(agent, send, reject);
    try {
      signal.throwIfAborted();
      this.#tell(stream);
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#remove(stream);
    }
  }

  /** Ends the streams of agents that may not act any more, telling them why. */
  async recheck(): Promise<void> {
    for (const [at, stream] of this.#all().entries()) {
      if (!this.#needs.nodesRefresh.isFresh()) return; // that would be a read for each; the next round sees them
      await this.#recheckOne(stream);
      if (at % SLICE === SLICE - 1) await nextRound();
    }
  }

  async #recheckOne({ agent: { svid }, end }: Stream): Promise<void> {
    const { id, serialNumber, expiresAt } = svid;
    try {
      await this.#needs.agents.checkAgent({ id, serialNumber, certificateExpiresAt: expiresAt });
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== Code.permissionDenied) return;
      // A renewed agent's old connection: the agent itself is in good standing.
      const isReplaced = error.reason === 'AGENT_NOT_ACTIVE';
      end(isReplaced ? unavailable('the agent has a newer certificate: connect with that') : error);
    }
  }

  #all(): readonly Stream[] {
    return [...this.#streams.values()].flatMap((streams) => [...streams]);
  }

  #add(agent: ActingAgent, send: Send<WatchResponse>, end: Stream['end']): Stream {
    const { id } = agent.node;
    const streams = this.#streams.get(id.toString()) ?? new Set<Stream>();
    const [oldest] = streams;
    if (oldest !== undefined && streams.size >= STREAMS_PER_AGENT_MAX) {
      this.#remove(oldest);
      oldest.end(new CodedError(Code.aborted, 'the agent has opened newer streams'));
    }
    const entries = this.#needs.index.watch(agent.node, () => this.#tell(stream));
    const stream: Stream = { agent, send, entries, end, told: '', isSending: false };
    this.#streams.set(id.toString(), streams.add(stream));
    return stream;
  }

  #remove(stream: Stream): void {
    const id = stream.agent.node.id.toString();
    const streams = this.#streams.get(id);
    streams?.delete(stream);
    if (streams?.size === 0) this.#streams.delete(id);
    this.#toTell.delete(stream);
    stream.entries.close();
  }

  #tell(stream: Stream): void {
    this.#toTell.add(stream);
    if (this.#isTelling) return;
    this.#isTelling = true;
    void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    while (this.#toTell.size > 0) {
      await nextRound();
      for (const stream of [...this.#toTell].slice(0, SLICE)) {
        this.#toTell.delete(stream);
        this.#pushOrEnd(stream);
      }
    }
    this.#isTelling = false;
  }

  #pushOrEnd(stream: Stream): void {
    try {
      this.#push(stream);
    } catch (error) {
      stream.end(error);
    }
  }

  /** While a message is under way the next one waits, and is made when it can go: the newest state. */
  #push(stream: Stream): void {
    if (stream.isSending) return;
    const state = this.#stateOf(stream);
    const told = Object.values(state).join('/');
    if (told === stream.told) return;
    stream.isSending = true;
    stream.told = told;
    stream.send(state).then(
      () => {
        stream.isSending = false;
        if (this.#streams.get(stream.agent.node.id.toString())?.has(stream) === true) this.#tell(stream);
      },
      () => {}, // the caller is gone: its signal ends the stream
    );
  }

  #stateOf({ entries }: Stream): WatchResponse {
    return {
      epoch: this.#needs.index.position?.epoch ?? '',
      entries_changed_at: entries.changedAt,
      bundle_sequence: this.#needs.bundle.current().sequenceNumber,
    };
  }
}
