/**
 * The process of simulated agents, a companion of benches. Each agent connects from a loopback address of its own, since
 * the server's limits are per address.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import net, { type NetConnectOpts } from 'node:net';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { AttestAll, Holding, TargetText } from './agents.ts';
import { rateOf } from './callers.ts';
import { serve } from './companion-process.ts';
import { SimulatedAgent, type Target } from './simulated-agent.ts';

const AT_ONCE = 4;
const PER_NETWORK = 250;

interface Placed {
  readonly agent: SimulatedAgent;
  readonly address: string;
}

const placed: Placed[] = [];
/** What they shall all hold, or not hold; called when they do. */
let awaited: (Holding & { readonly onDone: () => void }) | undefined;

/** The gRPC library takes no source address: a connection has that of the agent on whose behalf it is made. */
const sourceAddress = new AsyncLocalStorage<string>();
const plainConnect = net.connect;
Object.defineProperty(net, 'connect', {
  value: (options: NetConnectOpts, onConnected: () => void) =>
    plainConnect({ ...options, localAddress: sourceAddress.getStore() ?? '127.0.0.1' }, onConnected),
});

function place(target: Target): Placed {
  const at = placed.length;
  const address = `127.1.${1 + Math.floor(at / PER_NETWORK)}.${1 + (at % PER_NETWORK)}`;
  const made = sourceAddress.run(address, () => ({ agent: new SimulatedAgent(target), address }));
  placed.push(made);
  return made;
}

/** The deed of each of these, some at a time. */
function each(
  agents: readonly Placed[],
  callers: number,
  deed: (agent: SimulatedAgent, at: number) => Promise<unknown>,
): Promise<number> {
  return rateOf(agents.length, callers, async (at) => {
    const { agent, address } = agents[at] ?? {};
    if (agent !== undefined && address !== undefined) await sourceAddress.run(address, () => deed(agent, at));
  });
}

const targetOf = (text: TargetText): Target => ({
  ...text,
  trustDomain: TrustDomain.parse(text.trustDomain),
  authorities: text.authorities.map((base64) => Buffer.from(base64, 'base64')),
});

function checkAwaited(): void {
  if (awaited === undefined) return;
  const { spiffeId, isHeld, onDone } = awaited;
  if (!placed.every(({ agent }) => agent.holds(spiffeId) === isHeld)) return;
  awaited = undefined;
  onDone();
}

serve({
  attest: ({ tokens, target, callers }: AttestAll) => {
    const agents = tokens.map(() => place(targetOf(target)));
    return each(agents, callers, (agent, at) => agent.attest(tokens[at] ?? ''));
  },
  count: async () => {
    const counts: number[] = [];
    await each(placed, AT_ONCE, async (agent, at) => (counts[at] = await agent.countEntries()));
    return counts[0];
  },
  renew: (callers: number) => each(placed, callers, (agent) => agent.renew()),
  follow: async () => {
    await each(placed, AT_ONCE, async (agent) => {
      const synced = Promise.withResolvers<void>();
      agent
        .follow(() => {
          synced.resolve();
          checkAwaited();
        })
        .catch((error: unknown) => setImmediate(() => void Promise.reject(error))); // ends the process: it has lost its server
      await synced.promise;
    });
  },
  await: (holding: Holding) =>
    new Promise<void>((resolve) => {
      awaited = { ...holding, onDone: resolve };
      checkAwaited();
    }),
});
