/** What a handler is told about its call: who calls, and what the gate learned on the way. Made by gate/order. */
import type { Call } from '../../../shared/rpc/handler.ts';
import type { LogFields } from '../../../shared/log/logger.ts';
import { internal } from '../../../shared/errors.ts';
import type { X509Svid } from '../../../shared/svid/x509-svid.ts';
import type { Node } from '../../nodes/node.ts';
import type { Limits } from './roles.ts';

/** A process on this machine, as it was when it connected. */
export interface LocalProcess {
  readonly uid: number;
  readonly gid: number;
  /** Of its program; absent where it cannot be read. */
  readonly path?: string;
}

/** Who is at the other end of a connection, as the listener saw it. */
export type Peer =
  /** `process`: who connected to the admin socket, where somebody wants to know. */
  | { readonly kind: 'local'; readonly process?: LocalProcess }
  /** `chain`: certificates as presented (DER, leaf first), not verified; empty without any. */
  | { readonly kind: 'remote'; readonly address: string; readonly chain: readonly Uint8Array[] };

/** Who calls, verified now. `local`: through the admin socket, whose permissions are the proof. */
export type Caller =
  | { readonly kind: 'local'; readonly uid?: number }
  | { readonly kind: 'anonymous'; readonly address: string }
  | { readonly kind: 'identified'; readonly address: string; readonly svid: X509Svid };

/** An agent that passed the agent check. */
export interface ActingAgent {
  readonly node: Node;
  readonly svid: X509Svid;
}

/** As what a caller was let in. */
export interface Admission {
  readonly agent?: ActingAgent;
  /** What its role holds it to; absent: nothing, it is an administrator, an agent or anybody. */
  readonly limits?: Limits | undefined;
  /** For the audit log, where roles are configured and one of them was asked for. */
  readonly role?: string;
}

/** What a handler adds to the audit log. */
export interface AuditTrail {
  /** Fields of the call's line; those that cost something to make are made only where there is an audit log. */
  add(fields: LogFields | (() => LogFields)): void;
  /** One item of a batch: it gets a line of its own. */
  item(fields: () => LogFields, status: { readonly code: number; readonly message: string }): void;
}

export interface CallContext {
  readonly call: Call<Peer>;
  readonly caller: Caller;
  /** Set in the RPCs of agents. */
  readonly agent: ActingAgent | undefined;
  /** Absent for administrators. */
  readonly limits?: Limits | undefined;
  readonly trail: AuditTrail;
  /** Judges the caller as of now: for calls that last. Throws as for a new call. */
  admitAgain(): Promise<Admission>;
}

/** The calling agent. Throws Internal where the rules let others in: a bug. */
export function actingAgent({ agent, call }: CallContext): ActingAgent {
  if (agent === undefined) throw internal(`${call.method} was reached without an agent`);
  return agent;
}
