/** Says every second that this server lives and can sign, and how far its agents know the bundle. Started by server.ts. */
import { type Clock, every } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { Part } from '../../shared/tasks.ts';
import type { BundleCache } from '../bundle/bundle-cache.ts';
import type { X509Ca } from '../ca/x509-ca.ts';
import type { BundleReach } from './bundle-reach.ts';
import type { PeerStore } from './peer-store.ts';

const BEAT_MS = 1_000;

export interface PresenceNeeds {
  readonly peers: PeerStore;
  readonly reach: Pick<BundleReach, 'known'>;
  readonly bundle: Pick<BundleCache, 'current'>;
  readonly ca: Pick<X509Ca, 'checkCanSign'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export class Presence implements Part {
  readonly name = 'presence';
  readonly #needs: PresenceNeeds;
  readonly #id: string;
  #loop: Promise<void> = Promise.resolve();

  constructor(needs: PresenceNeeds) {
    this.#needs = needs;
    this.#id = needs.random.uuid();
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#beat();
    this.#loop = every({ clock: this.#needs.clock, ms: () => BEAT_MS, signal }, () => this.#beat());
  }

  /** Others need not wait until it is seen to be gone. */
  async stop(): Promise<void> {
    await this.#loop;
    await this.#needs.peers.leave(this.#id).catch(() => undefined);
  }

  async #beat(): Promise<void> {
    const { peers, reach, bundle, ca, log } = this.#needs;
    try {
      ca.checkCanSign();
      await peers.beat({ id: this.#id, knownSequence: reach.known(bundle.current().sequenceNumber) });
    } catch (error) {
      log.debug('presence not told', { error: messageOf(error) });
    }
  }
}
