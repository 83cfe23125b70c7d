/** Simulated agents in a process of their own, attached to a real server. Used by benches. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parsePem } from '../../../shared/crypto/pem.ts';
import type { System } from '../../interop/system.ts';
import { TRUST_DOMAIN } from '../../interop/system-files.ts';

/** As it travels between the processes; certificates in base64. */
export interface TargetText {
  readonly host: string;
  readonly port: number;
  readonly trustDomain: string;
  readonly authorities: readonly string[];
}

export type Asked =
  | {
      readonly kind: 'attach';
      readonly id: number;
      readonly tokens: readonly string[];
      readonly target: TargetText;
    }
  | { readonly kind: 'await'; readonly id: number; readonly spiffeId: string; readonly isHeld: boolean };

export type Answer =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly why: string };

const PROCESS = join(import.meta.dirname, 'agents-process.ts');

export class AttachedAgents {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  #failure: Error | undefined;
  #asked = 0;

  private constructor() {
    this.#child = fork(PROCESS, { execArgv: ['--disable-warning=ExperimentalWarning'] });
    this.#child.on('message', (answer: Answer) => this.#hear(answer));
    this.#child.once('exit', (code) => this.#fail(`the agents' process ended with ${code}`));
  }

  /** Resolves when that many agents have attested and follow the server; `alias` is what all of them also go by. */
  static async start(system: System, count: number, alias: string): Promise<AttachedAgents> {
    const agents = new AttachedAgents();
    try {
      const tokens: string[] = [];
      for (let at = 0; at < count; at += 1) tokens.push(await system.admin.joinToken(alias));
      const target = await targetOf(system);
      await agents.#ask({ kind: 'attach', id: agents.#nextId(), tokens, target });
      return agents;
    } catch (error) {
      await agents.stop();
      throw error;
    }
  }

  /** Resolves when every agent has an SVID of this ID, or when none has one any more. */
  all(spiffeId: string, isHeld: boolean): Promise<void> {
    return this.#ask({ kind: 'await', id: this.#nextId(), spiffeId, isHeld });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  #nextId(): number {
    this.#asked += 1;
    return this.#asked;
  }

  #ask(asked: Asked): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const done = Promise.withResolvers<void>();
    this.#waiting.set(asked.id, done);
    this.#child.send(asked);
    return done.promise;
  }

  #hear(answer: Answer): void {
    if (answer.kind === 'failed') return this.#fail(answer.why);
    this.#waiting.get(answer.id)?.resolve();
    this.#waiting.delete(answer.id);
  }

  #fail(why: string): void {
    this.#failure ??= new Error(why);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

export async function targetOf(system: System): Promise<TargetText> {
  const authorities = parsePem(await system.admin.bundlePem(), 'CERTIFICATE').map((der) =>
    Buffer.from(der).toString('base64'),
  );
  return { host: '127.0.0.1', port: system.files.port, trustDomain: TRUST_DOMAIN, authorities };
}
