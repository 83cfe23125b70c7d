/**
 * The process of simulated agents: does what `attached-agents` asks for over IPC, and ends with its parent. Each agent
 * connects from a loopback address of its own, since the server's limits are per address.
 */
import net, { type NetConnectOpts } from 'node:net';
import { messageOf } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { Answer, Asked, TargetText } from './attached-agents.ts';
import { SimulatedAgent, type Target } from './simulated-agent.ts';

const agents: SimulatedAgent[] = [];
/** Agents of which that many shall hold, or not hold, an SVID of this ID. */
let wanted: { readonly spiffeId: string; readonly isHeld: boolean; readonly id: number } | undefined;

/** The gRPC library knows no source address: connections are made one after another, and this is the next one's. */
let sourceAddress = '127.0.0.1';
const plainConnect = net.connect;
Object.defineProperty(net, 'connect', {
  value: (options: NetConnectOpts, onConnected: () => void) =>
    plainConnect({ ...options, localAddress: sourceAddress }, onConnected),
});

const tell = (answer: Answer): void => void process.send?.(answer);

/** Attests and follows, one after another: resolves when all have made their first round. */
async function attach(tokens: readonly string[], text: TargetText): Promise<void> {
  const target: Target = {
    ...text,
    trustDomain: TrustDomain.parse(text.trustDomain),
    authorities: text.authorities.map((base64) => Buffer.from(base64, 'base64')),
  };
  for (const token of tokens) {
    sourceAddress = `127.0.${1 + Math.floor(agents.length / 250)}.${1 + (agents.length % 250)}`;
    const agent = new SimulatedAgent(target);
    await agent.attest(token);
    const synced = Promise.withResolvers<void>();
    agent
      .follow(() => {
        synced.resolve();
        checkWanted();
      })
      .catch((error: unknown) => {
        synced.reject(error);
        tell({ kind: 'failed', why: `an agent lost its server: ${messageOf(error)}` });
      });
    await synced.promise;
    agents.push(agent);
  }
}

function checkWanted(): void {
  if (wanted === undefined) return;
  const { spiffeId, isHeld, id } = wanted;
  if (!agents.every((agent) => agent.holds(spiffeId) === isHeld)) return;
  wanted = undefined;
  tell({ kind: 'done', id });
}

async function answer(asked: Asked): Promise<void> {
  const { id } = asked;
  if (asked.kind === 'attach') {
    await attach(asked.tokens, asked.target);
    tell({ kind: 'done', id });
  } else {
    wanted = { ...asked, id };
    checkWanted();
  }
}

process.on('message', (asked: Asked) => {
  answer(asked).catch((error: unknown) => tell({ kind: 'failed', why: messageOf(error) }));
});
process.once('disconnect', () => process.exit(0));
