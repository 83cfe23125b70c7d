/** The agent's own SVID, its key and the two slots that keys alternate in (SPIRE's names). Used by attest-node and rotate. */
import { bytesEqual } from '../../shared/bytes.ts';
import { internal } from '../../shared/errors.ts';
import { isAgentId } from '../../shared/spiffe/reserved.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { verifyX509Svid, type X509Svid } from '../../shared/svid/x509-svid.ts';
import type { AgentKey, KeyManager } from '../key-manager/key-manager.ts';

const AGENT_KEY_IDS = ['agent-svid-A', 'agent-svid-B'] as const;
export type AgentKeyId = (typeof AGENT_KEY_IDS)[number];

export interface AgentSvid {
  /** DER, leaf first, without roots. */
  readonly chain: readonly Uint8Array[];
  readonly svid: X509Svid;
  readonly key: AgentKey;
  readonly keyId: AgentKeyId;
  /** Whether the node can attest again without anybody's help; if so it does that in place of renewing. */
  readonly canReattest: boolean;
}

/** The slot for the next key, so that the present one stays usable until the next SVID is stored. */
export const nextKeyId = (current: AgentSvid | undefined): AgentKeyId =>
  current?.keyId === 'agent-svid-A' ? 'agent-svid-B' : 'agent-svid-A';

/** The slot whose key this SVID is for; undefined when the key is gone, as it is after a restart with keys in memory. */
export async function findKeyOf(
  svid: X509Svid,
  keys: KeyManager,
): Promise<{ readonly keyId: AgentKeyId; readonly key: AgentKey } | undefined> {
  const publicKey = svid.certificates[0]?.publicKey;
  for (const keyId of AGENT_KEY_IDS) {
    const key = await keys.findKey(keyId);
    if (key !== undefined && publicKey !== undefined && bytesEqual(key.signer.publicKey, publicKey))
      return { keyId, key };
  }
  return undefined;
}

export interface IssuedAgentSvid {
  readonly chain: readonly Uint8Array[];
  /** SubjectPublicKeyInfo of the key that it was asked for. */
  readonly publicKey: Uint8Array;
  readonly trustDomain: TrustDomain;
  /** DER of the trust domain's X.509 authorities. */
  readonly authorities: readonly Uint8Array[];
  readonly at: Date;
}

/** Throws unless a server's answer is an agent SVID of our trust domain, for our key, that the bundle vouches for. */
export function checkAgentSvid({
  chain,
  publicKey,
  trustDomain,
  authorities,
  at,
}: IssuedAgentSvid): X509Svid {
  const svid = verifyX509Svid({
    chain,
    authorities: (domain) => (domain.equals(trustDomain) ? authorities : undefined),
    at,
  });
  if (!isAgentId(svid.id)) throw internal(`server issued "${svid.id}", which is not an agent's ID`);
  const leaf = svid.certificates[0];
  if (leaf === undefined || !bytesEqual(leaf.publicKey, publicKey))
    throw internal('server issued an agent SVID for another key than ours');
  return svid;
}
