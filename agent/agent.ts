/** The agent's composition root: what it is made of, in which order it starts, and what ends it. Called by cli/run and tests. */
import { type Clock, systemClock } from '../shared/clock.ts';
import { assertNever, Code, CodedError, messageOf } from '../shared/errors.ts';
import { LogThreshold } from '../shared/log/log-level.ts';
import type { Logger } from '../shared/log/logger.ts';
import { type Random, systemRandom } from '../shared/random.ts';
import { Running } from '../shared/tasks.ts';
import { makeTelemetry, NOT_TOLD, type Telemetry } from '../shared/telemetry/make-telemetry.ts';
import { measuring, noMetrics } from '../shared/telemetry/metrics.ts';
import { denialIn, isClockApart } from './agent-svid/denial.ts';
import { OwnSvid } from './agent-svid/own-svid.ts';
import { StateFile } from './agent-svid/state-file.ts';
import type { SvidCache } from './cache/svid-cache.ts';
import type { AgentConfig } from './config.ts';
import { doors } from './start/doors.ts';
import { type Engine, makeEngine } from './start/engine.ts';
import { enrol } from './start/enrol.ts';
import { bannedError, firstRound } from './start/first-round.ts';
import { agentHealth } from './start/health.ts';
import type { KeepParts } from './start/keep.ts';
import { postStatus } from './start/post-status.ts';
import { makeKeyManager } from './key-manager/registry.ts';
import type { WorkloadApiDeps } from './workload-api/listen.ts';

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly log: Logger;
  /** What the Logger API changes: that of `log`. */
  readonly threshold?: LogThreshold;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Where the host's processes are seen (HOST_PROC); default `/proc`. */
  readonly procPath?: string;
  /** Of this process, for attestors that are told where to look by it; default: empty. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Directories in memory where SVIDs may be kept for the next start, best first; without any, none are kept. */
  readonly runtimeDirectories?: readonly string[];
  /** Of the Workload API; default: what this process has descriptors for. */
  readonly connectionLimits?: NonNullable<WorkloadApiDeps['limits']>;
  /** False: no sockets are opened, workloads are asked for through `identities`. */
  readonly serveApis?: boolean;
}

/** Why the agent ended. All but `stopped` are for a non-zero exit. */
export type AgentOutcome =
  | { readonly kind: 'stopped' }
  /** Somebody must lift the ban before another start makes sense. */
  | { readonly kind: 'banned'; readonly message: string }
  /** The server no longer honours the SVID, and the node cannot attest again by itself. */
  | { readonly kind: 'must-attest-again'; readonly message: string }
  | { readonly kind: 'svid-expired'; readonly message: string }
  /** A fault of our own: one of its loops ended. */
  | { readonly kind: 'broken'; readonly message: string }
  /** `start` rejected with this. */
  | { readonly kind: 'start-failed'; readonly message: string };

export interface Agent {
  /** Resolves when the sockets answer; rejects with what has to be mended. */
  start(signal?: AbortSignal): Promise<void>;
  /** Resolves when everything has ended; may be called at any time, and more than once. */
  stop(): Promise<void>;
  /** Settles once, after everything has ended. */
  readonly done: Promise<AgentOutcome>;
  /** Undefined until there is an SVID. */
  readonly identities: SvidCache | undefined;
}

export function createAgent(options: AgentOptions): Agent {
  return new RunningAgent(options);
}

class RunningAgent implements Agent {
  readonly #options: AgentOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Logger;
  readonly #startedMs: number;
  #telemetry: Telemetry = NOT_TOLD;
  readonly #abort = new AbortController();
  readonly #apis = new Running();
  readonly #ended = Promise.withResolvers<AgentOutcome>();
  #engine: Engine | undefined;
  #loops: Promise<void> = Promise.resolve();
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #outcome: AgentOutcome | undefined;
  #isServing = false;
  /** It decides itself what follows where the server does not honour the agent. */
  #isFirstRound = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#log = options.log;
    this.#startedMs = this.#clock.monotonicMs();
  }

  get done(): Promise<AgentOutcome> {
    return this.#ended.promise;
  }

  get identities(): SvidCache | undefined {
    return this.#engine?.cache;
  }

  async start(signal?: AbortSignal): Promise<void> {
    const abort = (): void => this.#abort.abort(signal?.reason);
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    this.#starting = this.#start(this.#abort.signal);
    try {
      await this.#starting;
    } catch (error) {
      this.#outcome ??= { kind: 'start-failed', message: messageOf(error) };
      await this.#stop();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async stop(): Promise<void> {
    this.#outcome ??= { kind: 'stopped' };
    await this.#stop();
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { config, log } = this.#options;
    this.#telemetry = await makeTelemetry({ program: 'agent', config, log });
    const parts = this.#parts();
    const isServing = (): boolean => this.#isServing;
    if (this.#options.serveApis !== false)
      await this.#apis.start([...this.#telemetry.parts, ...agentHealth({ ...parts, isServing })]);
    const bundle = await enrol(parts, signal);
    const engine = makeEngine({
      ...parts,
      bundle,
      onFailed: (error) => this.#heed(error, parts),
      onRotationFailed: (error) => this.#rotationFailed(error, parts),
      stopping: signal,
    });
    this.#engine = engine;
    if (engine.kept.restore()) {
      this.#runLoops(engine, this.#firstRoundBehind(engine, parts, signal), signal);
      await this.#openDoors(engine, parts.own);
      return;
    }
    await firstRound(engine, parts, signal);
    signal.throwIfAborted();
    this.#runLoops(engine, Promise.resolve(), signal);
    void postStatus({ agents: engine.agents, log: this.#log });
    await this.#openDoors(engine, parts.own);
  }

  #runLoops(engine: Engine, firstRound: Promise<void>, signal: AbortSignal): void {
    this.#loops = engine.run(signal, firstRound).catch((error: unknown) => this.#broken(error));
  }

  async #openDoors(engine: Engine, own: OwnSvid): Promise<void> {
    const { config, serveApis } = this.#options;
    if (serveApis === false) return;
    this.#log.info('Starting agent APIs', { socketPath: config.socketPath });
    const {
      procPath = '/proc',
      environment = {},
      connectionLimits,
      threshold = new LogThreshold(config.logLevel),
    } = this.#options;
    const [clock, random, log, startedMs] = [this.#clock, this.#random, this.#log, this.#startedMs];
    const telemetry = this.#telemetry;
    const made = {
      config,
      engine,
      own,
      startedMs,
      threshold,
      telemetry,
      procPath,
      environment,
      connectionLimits,
    };
    await this.#apis.start(doors({ ...made, clock, random, log }));
    this.#isServing = true;
  }

  #parts(): KeepParts {
    const { config, runtimeDirectories = [] } = this.#options;
    const state = StateFile.open(config.dataDir);
    const { metrics } = this.#telemetry;
    const keys = measuring(makeKeyManager(config.keyManager), metrics ?? noMetrics, KEYS);
    const own = new OwnSvid(state);
    const [clock, random, log] = [this.#clock, this.#random, this.#log];
    return { config, runtimeDirectories, state, keys, own, metrics, clock, random, log };
  }

  /** While workloads are served already what the last run kept; never rejects. */
  async #firstRoundBehind(engine: Engine, parts: KeepParts, signal: AbortSignal): Promise<void> {
    this.#isFirstRound = true;
    try {
      await firstRound(engine, parts, signal);
      void postStatus({ agents: engine.agents, log: this.#log });
    } catch (error) {
      if (signal.aborted) return;
      if (denialIn(error, parts.own.current?.svid, this.#clock.now()) === 'banned')
        this.#end({ kind: 'banned', message: messageOf(error) }, parts.own);
      else if (parts.own.current === undefined)
        this.#end({ kind: 'must-attest-again', message: attestAgainMessage(error) }, parts.own);
      else this.#log.error('synchronisation failed', { error: messageOf(error) });
    } finally {
      this.#isFirstRound = false;
    }
  }

  /** Ends the agent where a failed call says that the server no longer honours it (SPIRE: agent error handling). */
  #heed(error: unknown, { own }: KeepParts): void {
    if (this.#isFirstRound) return;
    const now = this.#clock.now();
    if (isClockApart(error, own.current?.svid, now)) this.#log.warn(CLOCKS_APART, { now });
    const denial = denialIn(error, own.current?.svid, now);
    if (denial === undefined || this.#outcome !== undefined) return;
    switch (denial) {
      case 'banned':
        return this.#end({ kind: 'banned', message: bannedError(error).message }, own);
      case 'attest-again':
        if (own.current?.canReattest === true) return this.#attestAgain();
        return this.#end({ kind: 'must-attest-again', message: attestAgainMessage(error) }, own);
      default:
        return assertNever(denial);
    }
  }

  #attestAgain(): void {
    this.#engine?.rotation.rotate().catch((error: unknown) => {
      this.#log.error('agent could not attest again', { error: messageOf(error) });
    });
  }

  #rotationFailed(error: unknown, parts: KeepParts): void {
    this.#heed(error, parts);
    const current = parts.own.current;
    if (current === undefined || current.canReattest || this.#clock.now() < current.svid.expiresAt) return;
    const message = `agent SVID has expired and could not be renewed: ${messageOf(error)}`;
    this.#end({ kind: 'svid-expired', message }, parts.own);
  }

  #end(outcome: AgentOutcome & { readonly message: string }, own: OwnSvid): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#log.error(outcome.kind === 'banned' ? BANNED : 'agent is shutting down', {
      reason: outcome.message,
    });
    if (outcome.kind !== 'svid-expired') this.#forget(own);
    void this.#stop();
  }

  /** Not after it has merely expired: where that is a clock's fault, it serves again once the clock is set right. */
  #forget(own: OwnSvid): void {
    this.#engine?.kept.wipe();
    this.#engine?.jwtSvids.clear();
    try {
      own.remove();
    } catch (error) {
      this.#log.error('agent SVID cannot be removed', { error: messageOf(error) });
    }
  }

  #broken(error: unknown): void {
    this.#log.error('agent is broken and shuts down', { error: messageOf(error) });
    this.#outcome ??= { kind: 'broken', message: messageOf(error) };
    void this.#stop();
  }

  #stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    this.#abort.abort(new CodedError(Code.unavailable, 'agent is stopping'));
    await this.#starting?.catch(() => {});
    for (const failure of await this.#apis.stop()) this.#log.error('a part did not stop', { failure });
    await this.#loops;
    this.#engine?.connection.close();
    this.#ended.resolve(this.#outcome ?? { kind: 'stopped' });
  }
}

/** SPIRE's names. */
const KEYS = { generateKey: 'agent_key_manager.generate_key', findKey: 'agent_key_manager.get_key' };

const CLOCKS_APART =
  "the server says that the agent's SVID has expired, which it has not by our clock: compare the clocks; it is tried again";
const BANNED = 'Agent is banned: removing SVID and shutting down'; // SPIRE's words

const attestAgainMessage = (error: unknown): string =>
  `server no longer honours this agent, it must attest again: with a new join token, or where a host is believed once alone after "server agent evict": ${messageOf(error)}`;
