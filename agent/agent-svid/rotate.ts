/**
 * Renews the agent's own SVID at half of its life, and when its authority is tainted or revoked: a new key in the other
 * slot, the SVID stored, and only then the connection switched. A crash between any two steps leaves the old SVID with its
 * key, or the new one with its own. Run by start/engine.
 */
import { Backoff } from '../../shared/backoff.ts';
import { type Clock, every } from '../../shared/clock.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import type { X509Authority } from '../../shared/bundle/bundle.ts';
import { messageOf, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { type Standing, standingOf } from '../../shared/svid/standing.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import { hintedDelayMs } from '../retry-delay.ts';
import { isRenewalDue } from '../renewal-time.ts';
import { type AgentSvid, checkAgentSvid, nextKeyId } from './agent-svid.ts';
import type { OwnSvid } from './own-svid.ts';

/** Implemented by server-link/agent-client. */
export interface AgentRenewal {
  /** RenewAgent: the new chain, DER, leaf first. The old SVID is good until the new one is first used. */
  renewAgent(csr: Uint8Array): Promise<readonly Uint8Array[]>;
}

export interface RotationParts {
  readonly own: OwnSvid;
  readonly keys: KeyManager;
  readonly server: AgentRenewal;
  /** Attests the node again, for agents that can: the SVID is the caller's to install. */
  readonly attest: () => Promise<AgentSvid>;
  /** The trust domain's X.509 authorities, as they are now. */
  readonly authorities: () => readonly X509Authority[];
  readonly trustDomain: TrustDomain;
  /** The new SVID is stored: connections should present it. */
  readonly onRotated: () => void;
  /** A failed attempt; the old SVID stays. Called before the next one. */
  readonly onFailed: (error: unknown) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const CHECK_MS = 5_000; // SPIRE: agent SVID rotation interval
const BACKOFF = { initialMs: CHECK_MS, maxMs: 60_000 };
const ATTEMPTS_LEFT = 4;

export class OwnSvidRotation {
  readonly #parts: RotationParts;
  #running: Promise<void> | undefined;
  /** What a new SVID is worth: where that is not much, the server has no other. */
  #renewed: { readonly next: AgentSvid; readonly standing: Standing } | undefined;

  constructor(parts: RotationParts) {
    this.#parts = parts;
  }

  /** Looks every few seconds, until aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts;
    const backoff = new Backoff(random, BACKOFF);
    let waitMs = CHECK_MS;
    await every({ clock, ms: () => waitMs, signal }, async () => {
      waitMs = CHECK_MS;
      if (!this.#isDue()) return;
      try {
        await this.rotate();
        backoff.reset();
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
        waitMs = Math.max(this.#sooner(backoff.next()), hintedDelayMs(error, random));
      }
    });
  }

  /** Renews now, or joins the renewal that is under way. Rejects with what went wrong; the old SVID then stays. */
  rotate(): Promise<void> {
    this.#running ??= this.#rotate().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  #isDue(): boolean {
    const { own, clock, random } = this.#parts;
    const { current } = own;
    if (current === undefined) return false;
    return isRenewalDue(current.svid, clock.now(), { random }) || this.#isDisowned(current);
  }

  /** Whether its authority is tainted or revoked, which it was not yet when it was new. */
  #isDisowned(current: AgentSvid): boolean {
    const standing = this.#standing(current);
    if (standing === 'good') return false;
    return this.#renewed?.next !== current || this.#renewed.standing !== standing;
  }

  #standing({ chain }: AgentSvid): Standing {
    return standingOf(chain, this.#parts.authorities());
  }

  /** The nearer the end, the more often: a server that comes back just in time is not to be missed. */
  #sooner(waitMs: number): number {
    const { own, clock } = this.#parts;
    const leftMs = (own.current?.svid.expiresAt.getTime() ?? 0) - clock.now().getTime();
    return leftMs <= 0 ? waitMs : Math.max(CHECK_MS, Math.min(waitMs, leftMs / ATTEMPTS_LEFT));
  }

  #failed(error: unknown): void {
    const { log, own, onFailed } = this.#parts;
    log.error('failed to renew the agent SVID', {
      error: messageOf(error),
      expiresAt: own.current?.svid.expiresAt,
    });
    onFailed(error);
  }

  async #rotate(): Promise<void> {
    const { own, attest, log, onRotated } = this.#parts;
    const current = own.current;
    if (current === undefined) throw unavailable('there is no agent SVID to renew');
    const next = current.canReattest ? await attest() : await this.#renew(current);
    own.install(next);
    this.#renewed = { next, standing: this.#standing(next) };
    log.info('agent SVID renewed', {
      spiffeId: own.current?.svid.id.toString(),
      expiresAt: own.current?.svid.expiresAt,
    });
    onRotated();
  }

  async #renew(current: AgentSvid): Promise<AgentSvid> {
    const { keys, server, authorities, trustDomain, clock } = this.#parts;
    const keyId = nextKeyId(current);
    const key = await keys.generateKey(keyId, 'ec-p256');
    const chain = await server.renewAgent(await buildCsr(key.signer));
    const svid = checkAgentSvid({
      chain,
      publicKey: key.signer.publicKey,
      trustDomain,
      authorities: authorities().map(({ certificate }) => certificate),
      at: clock.now(),
    });
    return { chain, svid, key, keyId, canReattest: false };
  }
}
