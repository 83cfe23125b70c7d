/** The one agent that a fake server knows: how it attests and renews, and whether its calls are honoured. Used by server-api. */
import type { AttestAgentRequestOutput } from '../../proto/gen/spire/api/server/agent/v1/AttestAgentRequest.ts';
import type { RenewAgentRequestOutput } from '../../proto/gen/spire/api/server/agent/v1/RenewAgentRequest.ts';
import { addSeconds, type Clock } from '../../shared/clock.ts';
import { Code, CodedError, invalidArgument, permissionDenied, type Reason } from '../../shared/errors.ts';
import type { Send } from '../../shared/rpc/handler.ts';
import { parseX509Svid } from '../../shared/svid/x509-svid.ts';
import type { FakeAuthority } from './server-authority.ts';

interface Parts {
  readonly trustDomain: string;
  readonly authority: FakeAuthority;
  readonly clock: Clock;
}

export class FakeAgentRow {
  readonly joinTokens = new Set<string>();
  ttlSeconds = 86_400;
  canReattest = false;
  /** Fails every call of the agent. */
  denial: Reason | undefined;
  /** Undefined: not attested, or evicted. */
  path: string | undefined;
  activeSerial: string | undefined;
  pendingSerial: string | undefined;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Throws what a server answers to a call of this client certificate; its first use makes a pending one active. */
  check(chain: readonly Uint8Array[]): void {
    if (chain.length === 0) throw new CodedError(Code.unauthenticated, 'no client certificate');
    const { serialNumber, id } = parseX509Svid(chain);
    const denied = (what: string, reason: Reason): CodedError =>
      permissionDenied(`agent "${id}" ${what}`, { reason });
    if (this.denial !== undefined) throw denied('is denied', this.denial);
    if (id.path !== this.path) throw denied('is not attested', 'AGENT_NOT_ATTESTED');
    if (serialNumber === this.pendingSerial) {
      this.activeSerial = serialNumber;
      this.pendingSerial = undefined;
    }
    if (serialNumber !== this.activeSerial) throw denied('SVID is not active', 'AGENT_NOT_ACTIVE');
  }

  async attest(requests: AsyncIterable<AttestAgentRequestOutput>, send: Send<object>): Promise<void> {
    for await (const { params } of requests) {
      const token = params?.data?.payload.toString() ?? '';
      if (!this.canReattest && !this.joinTokens.delete(token))
        throw invalidArgument('failed to attest: join token does not exist or has already been used');
      this.path = `/spire/agent/join_token/${token}`;
      const certificate = await this.#sign(params?.params?.csr ?? Buffer.alloc(0));
      this.activeSerial = parseX509Svid([certificate]).serialNumber;
      this.pendingSerial = undefined;
      const svid = { cert_chain: [Buffer.from(certificate)] };
      await send({ result: { svid, reattestable: this.canReattest } });
      return;
    }
  }

  async renew({ params }: RenewAgentRequestOutput): Promise<object> {
    const certificate = await this.#sign(params?.csr ?? Buffer.alloc(0));
    this.pendingSerial = parseX509Svid([certificate]).serialNumber;
    return { svid: { cert_chain: [Buffer.from(certificate)] } };
  }

  #sign(csr: Buffer): Promise<Uint8Array> {
    const { clock, trustDomain, authority } = this.#parts;
    const now = clock.now();
    return authority.issueFor(csr, {
      spiffeId: `spiffe://${trustDomain}${this.path}`,
      notBefore: addSeconds(now, -10),
      notAfter: addSeconds(now, this.ttlSeconds),
    });
  }
}
