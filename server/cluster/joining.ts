/**
 * A server whose authorities are new, and which joins others that can sign, opens no door until the agents of those
 * others have the bundle with its authorities, or a time has passed. Until then nobody would believe what it signs, its
 * own SVID neither: an agent that came to it could not even connect. With its port closed agents and load balancers go to
 * the other servers at once, and nothing is signed by any door. Its two parts are started by server.ts, around the
 * authorities.
 *
 * DIVERGES: a server of SPIRE signs at once with an authority that no agent knows yet.
 */
import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Part } from '../../shared/tasks.ts';
import type { BundleStore } from '../bundle/bundle-store.ts';
import type { Peer, PeerStore } from './peer-store.ts';

const LOOK_MS = 500;

export interface JoiningNeeds {
  readonly bundles: Pick<BundleStore, 'find'>;
  readonly peers: Pick<PeerStore, 'live'>;
  readonly trustDomain: TrustDomain;
  /** At most; 0: it never waits. */
  readonly waitSeconds: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Joining {
  /** To be started before there are authorities. */
  readonly before: Part;
  /** To be started after there are, and before any door opens. */
  readonly wait: Part;
  readonly #needs: JoiningNeeds;
  #sequenceBefore: number | undefined;

  constructor(needs: JoiningNeeds) {
    this.#needs = needs;
    const stop = async (): Promise<void> => {};
    this.before = { name: 'joining', stop, start: () => this.#look() };
    this.wait = { name: 'joining', stop, start: (signal) => this.#wait(signal) };
  }

  async #look(): Promise<void> {
    this.#sequenceBefore = await this.#sequence();
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { clock, log, waitSeconds } = this.#needs;
    const before = this.#sequenceBefore;
    const wanted = await this.#sequence();
    // The first server of all, or one whose authorities, or the root above them, the agents had before
    if (waitSeconds === 0 || before === undefined || wanted === undefined || wanted === before) return;
    const untilMs = clock.monotonicMs() + waitSeconds * 1_000;
    for (let looks = 0; ; looks++) {
      const behind = await this.#behind(wanted);
      if (behind === 0) {
        if (looks > 0) log.info('every agent of the other servers knows the new authorities');
        return;
      }
      if (clock.monotonicMs() >= untilMs) {
        log.warn('not every agent knows the new authorities yet: opening all the same', { servers: behind });
        return;
      }
      if (looks === 0)
        log.info('waiting until the agents of the other servers know the new authorities', { waitSeconds });
      await clock.sleep(LOOK_MS, signal);
    }
  }

  /** How many servers have agents that lack the bundle; as if there were one where that cannot be told. */
  async #behind(wanted: number): Promise<number> {
    const { log, peers } = this.#needs;
    try {
      return (await peers.live()).filter(({ knownSequence }: Peer) => knownSequence < wanted).length;
    } catch (error) {
      log.debug('the other servers could not be looked at', { error: messageOf(error) });
      return 1;
    }
  }

  async #sequence(): Promise<number | undefined> {
    const { bundles, trustDomain } = this.#needs;
    return (await bundles.find(trustDomain))?.sequenceNumber;
  }
}
