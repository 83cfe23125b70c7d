/**
 * Attestation of a node, whatever proves it: from evidence to a stored node and its agent's first SVID.
 * Called by api/agent/attest-agent.
 */
import { Code, CodedError, internal, messageOf, permissionDenied } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { normalizeSelectors } from '../../shared/selectors.ts';
import { isAgentId, serverId } from '../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { IssuedX509Svid, X509Ca } from '../ca/x509-ca.ts';
import { unknownToken } from '../nodes/join-token.ts';
import type { Node } from '../nodes/node.ts';
import type { NodeStore } from '../nodes/node-store.ts';
import type { Evidence, NodeAttestor, ProvenNode } from './node-attestor.ts';

/** The node is stored by then: a server that cannot see it yet reads the row. */
const CATCH_UP_MS = 1_000;

export interface AttestNodeNeeds {
  readonly trustDomain: TrustDomain;
  readonly attestors: ReadonlyMap<string, NodeAttestor>;
  readonly nodes: Pick<NodeStore, 'find' | 'attest'>;
  /** Keeps the nodes in memory fresh. */
  readonly refresh: { readNow(timeoutMs: number): Promise<void> };
  readonly ca: Pick<X509Ca, 'signAgentSvid'>;
  readonly agentTtlSeconds: number;
  readonly log: Logger;
}

export interface Attestation extends Evidence {
  readonly type: string;
  /** PKCS #10, DER: its key is the agent's. */
  readonly csr: Uint8Array;
}

export interface AttestedAgent {
  readonly id: SpiffeId;
  readonly svid: IssuedX509Svid;
  readonly canReattest: boolean;
}

/**
 * Resolves when the node is committed. Throws FailedPrecondition on an unknown type, InvalidArgument on evidence or a
 * CSR that is no good, PermissionDenied on a banned node or a proof that was used before.
 */
export async function attestNode(needs: AttestNodeNeeds, attestation: Attestation): Promise<AttestedAgent> {
  const { type, csr } = attestation;
  const proven = await attestorOf(needs, type).prove(attestation);
  checkId(needs, proven.id);
  await checkMayAttest(needs, type, proven);
  const svid = await signAgentSvid(needs, { id: proven.id, csr });
  await store(needs, nodeOf({ type, proven, svid }), proven);
  await needs.refresh.readNow(CATCH_UP_MS).catch(() => {});
  needs.log.info('agent attested', { agentId: proven.id.toString(), attestationType: type });
  return { id: proven.id, svid, canReattest: proven.canReattest };
}

function attestorOf({ attestors }: AttestNodeNeeds, type: string): NodeAttestor {
  const attestor = attestors.get(type);
  if (attestor === undefined) {
    const known = [...attestors.keys()].join(', ');
    throw new CodedError(
      Code.failedPrecondition,
      `error getting node attestor: there is none of that type, only ${known}`,
    );
  }
  return attestor;
}

function checkId({ trustDomain, log }: AttestNodeNeeds, id: SpiffeId): void {
  if (!id.isMemberOf(trustDomain) || id.path === '' || id.equals(serverId(trustDomain))) {
    throw internal(`node attestor gave an ID that no agent may have: "${id}"`);
  }
  if (!isAgentId(id)) log.warn('agent ID is not below /spire/agent', { agentId: id.toString() });
}

/** DIVERGES: SPIRE lets any attestor take over an agent whose ID it can make. */
async function checkMayAttest(
  { nodes }: Pick<AttestNodeNeeds, 'nodes'>,
  type: string,
  { id, twins = [], canReattest }: ProvenNode,
): Promise<void> {
  for (const twin of twins) if (isBanned(await nodes.find(twin))) throw banned();
  const known = await nodes.find(id);
  if (known === undefined) return;
  if (isBanned(known)) throw banned();
  if (known.attestationType !== type) throw ofAnother();
  if (!canReattest) throw usedBefore();
}

const isBanned = (node: Node | undefined): boolean => node !== undefined && node.current === undefined;

export interface AgentSvidRequest {
  readonly id: SpiffeId;
  readonly csr: Uint8Array;
}

/** Throws InvalidArgument "failed to parse CSR: …" when it is no good. Also called by api/agent/renew-agent. */
export async function signAgentSvid(
  { ca, agentTtlSeconds }: Pick<AttestNodeNeeds, 'ca' | 'agentTtlSeconds'>,
  { id, csr }: AgentSvidRequest,
): Promise<IssuedX509Svid> {
  try {
    return await ca.signAgentSvid({ csr, spiffeId: id, dnsNames: [], ttlSeconds: agentTtlSeconds });
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code !== Code.invalidArgument) throw cause;
    throw new CodedError(cause.code, `failed to parse CSR: ${messageOf(cause)}`, { cause });
  }
}

interface Storing {
  readonly type: string;
  readonly proven: ProvenNode;
  readonly svid: IssuedX509Svid;
}

const nodeOf = ({ type, proven, svid }: Storing): Node => ({
  id: proven.id,
  attestationType: type,
  current: { serialNumber: svid.serialNumber, expiresAt: svid.expiresAt },
  pending: undefined,
  canReattest: proven.canReattest,
  selectors: normalizeSelectors(proven.selectors),
  agentVersion: '',
});

/** Two that prove the same at once: a join token is there for one of them, what is good once is stored for the first. */
async function store({ nodes }: AttestNodeNeeds, node: Node, proven: ProvenNode): Promise<void> {
  const { joinToken, canReattest } = proven;
  const outcome = await nodes.attest(node, joinToken, joinToken === undefined && !canReattest);
  if (outcome === 'banned') throw banned();
  if (outcome === 'token-gone') throw unknownToken();
  if (outcome === 'known') throw usedBefore();
  if (outcome === 'of-another') throw ofAnother();
}

const usedBefore = (): CodedError =>
  permissionDenied('attestation data has already been used to attest an agent');

const ofAnother = (): CodedError =>
  permissionDenied('failed to attest: the agent was attested by another node attestor; evict it first');

const banned = (): CodedError =>
  permissionDenied('failed to attest: agent is banned', { reason: 'AGENT_BANNED' });
