/** What stands against users who keep the agent busy, at the Workload API's socket. Made by listen. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { InputMeter } from '../../shared/rpc/input-meter.ts';
import type { SetAcl } from '../../shared/rpc/peer-kernel.ts';
import { Rates } from '../rates.ts';
import { ShutOut } from './shut-out.ts';

/**
 * Of one user's processes. A restart brings them all at once, and clients that are refused come again; a connection costs
 * 0.2 ms and a call as much, so that nobody waits much longer than a second for one user's burst.
 */
export const RATES = {
  connections: { perSecond: 500, burst: 4_000 },
  calls: { perSecond: 1_000, burst: 4_000 },
};

const BODY_WORTH = 16; // each request of Envoy's brings 60 KB

export interface GuardDeps {
  readonly config: { readonly socketPath: string };
  readonly setAcl: SetAcl;
  /** Default: the user of this process. */
  readonly ownUid?: number;
  /** Default: more than any machine's workloads need. */
  readonly rates?: Partial<typeof RATES>;
  /** Of one user in a quarter of a second; 1 MB without it. */
  readonly inputMaxBytes?: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Guards {
  /** How often each user may connect. */
  readonly rates: Rates;
  readonly shutOut: ShutOut;
  readonly meter: InputMeter<number>;
  readonly stop: () => Promise<void>;
}

export function guardsOf({ config, setAcl, clock, log, inputMaxBytes, ...given }: GuardDeps): Guards {
  const { ownUid = process.geteuid?.() ?? 0 } = given;
  const rates = new Rates(given.rates?.connections ?? RATES.connections, clock);
  const setOwnAcl = (acl: Uint8Array): void => setAcl(config.socketPath, acl);
  const shutOut = new ShutOut({ setAcl: setOwnAcl, ownUid, rates, clock, log });
  const onTooMuch = (uid: number): void => shutOut.keepOut(uid, 'sends without pause');
  const meter = new InputMeter({ clock, onTooMuch, maxBytes: inputMaxBytes, bodyWorth: BODY_WORTH });
  return {
    rates,
    shutOut,
    meter,
    stop: async () => {
      shutOut.stop();
      await meter.stop();
    },
  };
}
