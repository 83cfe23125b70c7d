/** Stands before every RPC on the admin socket: who of those that may open that file may call what; failures are logged. Called by listen. */
import { Code, CodedError, internal, messageOf, permissionDenied } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Call, Gate } from '../../shared/rpc/handler.ts';
import type { Rates } from '../rates.ts';
import { admit, type CallBounds } from '../workload-api/admit.ts';
import type { AdminCaller } from './caller.ts';
import type { Delegate, Delegates } from './delegates.ts';

export interface AdminContext {
  readonly signal: AbortSignal;
  /** Where the rule of the RPC is `delegate`. */
  readonly delegate: Delegate | undefined;
}

/** Throws Internal where the rule of the RPC is another one. */
export function delegateOf({ delegate }: AdminContext): Delegate {
  if (delegate === undefined) throw internal('this RPC is not for delegates');
  return delegate;
}

type Who =
  /** Whoever may open the socket. */
  | 'opener'
  /** The agent's own user, and root. */
  | 'owner'
  /** A workload with one of the IDs in `authorized_delegates`. */
  | 'delegate';

/**
 * By service, or by RPC where those of a service differ. What is not listed is closed to all.
 * DIVERGES: with SPIRE, who may open the socket may set the level of the log. A delegate has no need to silence it.
 */
export const RULES: Readonly<Record<string, Who>> = {
  '/writ.explain.v1.Explain': 'owner',
  '/spire.agent.debug.v1.Debug': 'opener',
  '/spire.api.agent.logger.v1.Logger/GetLogger': 'opener',
  '/spire.api.agent.logger.v1.Logger/SetLogLevel': 'owner',
  '/spire.api.agent.logger.v1.Logger/ResetLogLevel': 'owner',
  '/spire.api.agent.delegatedidentity.v1.DelegatedIdentity': 'delegate',
  '/grpc.health.v1.Health': 'opener',
  '/grpc.reflection.v1.ServerReflection': 'opener',
  '/grpc.reflection.v1alpha.ServerReflection': 'opener',
};

/** Undefined where nobody may. */
export const ruleOf = (method: string): Who | undefined =>
  RULES[method] ?? RULES[method.slice(0, method.lastIndexOf('/'))];

export interface GateDeps extends CallBounds {
  readonly delegates: Pick<Delegates, 'admit'>;
  readonly ownUid: number;
  /** How many failures of one user's calls are told of. */
  readonly lines: Rates;
  readonly log: Logger;
}

type Process = AdminCaller & { readonly kind: 'process' };

export function gate({
  delegates,
  ownUid,
  lines,
  log,
  ...bounds
}: GateDeps): Gate<AdminCaller, AdminContext> {
  const tell = teller({ lines, log });
  const delegateFor = async (
    call: Call<AdminCaller>,
    { held, uid }: Process,
  ): Promise<Delegate | undefined> => {
    switch (ruleOf(call.method)) {
      case 'opener':
        return undefined;
      case 'owner':
        if (uid !== 0 && uid !== ownUid)
          throw permissionDenied("only the agent's own user and root may do that");
        return undefined;
      case 'delegate':
        if (held instanceof CodedError) throw held;
        return delegates.admit(held, call.signal);
      default:
        throw permissionDenied('this service is closed');
    }
  };
  return async (call, read, run) => {
    const caller = processOf(call);
    const { pid, uid, connection } = caller;
    const fields = { method: call.method, pid, uid };
    using _share = admit(bounds, uid, connection);
    connection.begin();
    try {
      call.signal.throwIfAborted();
      if (ruleOf(call.method) === 'delegate') read(); // to find out who calls costs more than to refuse what makes no sense
      const delegate = await delegateFor(call, caller);
      call.signal.throwIfAborted();
      await run({ signal: call.signal, delegate });
      log.debug('answered an admin call', fields);
    } catch (error) {
      tell(error, fields);
      throw error;
    } finally {
      connection.end();
    }
  };
}

type Tell = (error: unknown, fields: { readonly method: string; readonly uid: number }) => void;

const teller =
  ({ lines, log }: Pick<GateDeps, 'lines' | 'log'>): Tell =>
  (error, fields) => {
    if (error instanceof CodedError && error.code === Code.cancelled) return; // it hung up
    const omitted = lines.take(fields.uid);
    if (omitted === undefined) return;
    const level = error instanceof CodedError ? 'warn' : 'error';
    const more = omitted > 0 ? { omitted } : {};
    log[level]('an admin call failed', { ...fields, error: messageOf(error), ...more });
  };

function processOf({ peer: caller }: Call<AdminCaller>): Process {
  if (caller.kind === 'refused') throw caller.error;
  return caller;
}
