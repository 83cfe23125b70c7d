/**
 * Looks at the feed through the eyes of the second server, all the time: asks it, as the system's agent, which entries
 * the agent has, and remembers at which change the server said so. Used by the recovery tests.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerConnection } from '../../agent/server-link/connection.ts';
import { EntryClient } from '../../agent/server-link/entry-client.ts';
import { verifyServer } from '../../agent/server-link/verify-server.ts';
import { Positions, type Position } from '../../agent/sync/position.ts';
import { systemClock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';
import { FakeLog } from '../fakes/log.ts';
import type { System } from '../interop/system.ts';
import { TRUST_DOMAIN } from '../interop/system-files.ts';

const PAUSE_MS = 150;
const PATIENCE_MS = 5_000;

/** The agent's entries, as the second server had them at a change. */
export interface Sight {
  readonly position: Position;
  readonly ids: ReadonlySet<string>;
}

export class Onlooker {
  readonly #connection: ServerConnection;
  readonly #entries: EntryClient;
  readonly #positions = new Positions();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #sights: Sight[] = [];
  /** Why it got no answer. */
  readonly failures: string[] = [];
  /** Answers that were older than one before. */
  readonly stepsBack: string[] = [];

  constructor(system: System, port: number) {
    const trustDomain = TrustDomain.parse(TRUST_DOMAIN);
    this.#connection = new ServerConnection({
      host: '127.0.0.1',
      port,
      trustDomain,
      requirePqKem: false,
      identity: () => agentIdentity(system.files.agentData),
      verifyServer: verifyServer({ trust: () => ({ kind: 'anyone' }), trustDomain, clock: systemClock }),
    });
    this.#entries = new EntryClient({
      connection: this.#connection,
      positions: this.#positions,
      trustDomain,
      log: new FakeLog(),
    });
    this.#done = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#look().catch((error: unknown) => {
        this.failures.push(messageOf(error));
        this.#connection.replace(); // with the agent's SVID as it is by then
      });
      await sleep(PAUSE_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const { position, entries } = await this.#entries.getAuthorizedEntries(signal);
    if (position === undefined) throw new Error('the second server told no position');
    try {
      this.#positions.advance(position);
    } catch (error) {
      this.stepsBack.push(messageOf(error));
    }
    this.#sights.push({ position, ids: new Set(entries.map(({ id }) => id)) });
  }

  /** The newest change that it saw. */
  get seen(): Position | undefined {
    return this.#positions.applied;
  }

  /** What it saw since the last call. */
  take(): readonly Sight[] {
    return this.#sights.splice(0);
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.#done;
    this.#connection.close();
  }
}

/** Undefined at the moment between a new key and its SVID. */
function agentIdentity(directory: string): TlsIdentity | undefined {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(directory, name), 'utf8'));
  const { svid } = read('agent-data.json') as { svid: readonly string[] };
  const { keys } = read('keys.json') as { keys: Readonly<Record<string, string>> };
  const certificatePem = svid.map((text) => Buffer.from(text, 'base64').toString()).join('');
  const leaf = new X509Certificate(certificatePem);
  const privateKey = Object.values(keys)
    .map((text) => createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' }))
    .find((key) => leaf.checkPrivateKey(key));
  return privateKey === undefined ? undefined : { certificatePem, privateKey };
}
