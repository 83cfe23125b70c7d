/** The way of every call, from the connection to its handler: a table of steps. Made by server.ts, called by shared/rpc. */
import { monotonicMs } from '../../../shared/clock.ts';
import { Code, CodedError, internal, messageOf } from '../../../shared/errors.ts';
import type { LogFields, Logger } from '../../../shared/log/logger.ts';
import type { Random } from '../../../shared/random.ts';
import type { Call, Gate } from '../../../shared/rpc/handler.ts';
import { methodKey } from '../../../shared/telemetry/method-key.ts';
import {
  type Labels,
  measured,
  type Metrics,
  noMetrics,
  type Traces,
} from '../../../shared/telemetry/metrics.ts';
import { callerFields, CallTrail, methodFields, noTrail } from './audit.ts';
import type { Authorizer } from './authorize.ts';
import type { Callers } from './caller.ts';
import type { Admission, AuditTrail, CallContext, Caller, Peer } from './context.ts';
import type { RateLimiter } from './rate-limit.ts';
import { findRule, type Rule } from './rules.ts';

export interface GateNeeds {
  readonly log: Logger;
  readonly random: Random;
  readonly callers: Pick<Callers, 'identify'>;
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly limiter: Pick<RateLimiter, 'draw'>;
  readonly isAudited: boolean;
  readonly metrics?: Metrics | undefined;
}

/** A call on its way: each step may learn something. */
interface Passing {
  readonly call: Call<Peer>;
  readonly rule: Rule;
  readonly read: () => unknown;
  request: unknown;
  trail: AuditTrail;
  caller: Caller | undefined;
  admission: Admission;
}

type Step = (passing: Passing, next: () => Promise<void>) => Promise<void>;

/**
 * The order matters: what is refused is logged and audited too, and nobody without a right has requests decoded or uses
 * up the limits.
 */
export function gate(needs: GateNeeds): Gate<Peer, CallContext> {
  const steps: readonly Step[] = [
    countCalls(needs),
    logOutcome(needs),
    ...(needs.isAudited ? [audit(needs)] : []),
    findCaller(needs),
    authorize(needs),
    readRequest(needs),
    limitRate(needs),
  ];
  return async (call, read, run) => {
    const passing: Passing = {
      call,
      read,
      request: undefined,
      rule: ruleOf(call.method),
      trail: noTrail,
      caller: undefined,
      admission: {},
    };
    await walk(steps, passing, () => run(contextOf(needs, passing)));
  };
}

function walk(steps: readonly Step[], passing: Passing, end: () => Promise<void>): Promise<void> {
  const [step, ...rest] = steps;
  return step === undefined ? end() : step(passing, () => walk(rest, passing, end));
}

function ruleOf(method: string): Rule {
  const rule = findRule(method);
  if (rule === undefined) throw internal(`no rule for method ${method}`);
  return rule;
}

function contextOf({ callers, authorizer }: GateNeeds, passing: Passing): CallContext {
  const {
    call,
    rule,
    caller,
    admission: { agent, limits },
    trail,
  } = passing;
  if (caller === undefined) throw internal('the caller was not looked for');
  const admitAgain = async (): Promise<Admission> =>
    authorizer.authorize(call.method, rule, await callers.identify(call.peer));
  return { call, caller, agent, limits, trail, admitAgain };
}

/** Keys of methods that have a rule: as many as there are RPCs. */
const keys = new Map<string, string>();

/** Who called is found on the way. */
const namingCaller = (traces: Traces, passing: Passing, next: () => Promise<void>) => (): Promise<void> =>
  next().finally(() => traces.note(labelsOf(passing)));

const labelsOf = ({ call, caller }: Passing): Labels =>
  Object.fromEntries(
    Object.entries(callerFields(caller, call.peer)).map(([key, value]) => [key, String(value)]),
  );

function countCalls({ metrics = noMetrics }: GateNeeds): Step {
  return (passing, next) => {
    const { method } = passing.call;
    const key = keys.get(method) ?? methodKey(method);
    keys.set(method, key);
    return measured(
      metrics,
      key,
      metrics.traces === undefined ? next : namingCaller(metrics.traces, passing, next),
    );
  };
}

/** What went wrong on our side is an operator's concern; what a caller did wrong is told to the caller. */
function logOutcome({ log }: GateNeeds): Step {
  return async (passing, next) => {
    const beganMs = monotonicMs();
    try {
      await next();
      log.debug('call answered', { ...callFields(passing), ms: Math.round(monotonicMs() - beganMs) });
    } catch (error) {
      const fields = { ...callFields(passing), error: messageOf(error), cause: causeOf(error) };
      log[levelOf(error)]('call failed', fields);
      throw error;
    }
  };
}

function callFields({ call, caller }: Passing): LogFields {
  return { method: call.method, ...callerFields(caller, call.peer) };
}

const addressOf = (peer: Peer): string | undefined => (peer.kind === 'remote' ? peer.address : undefined);

const causeOf = (error: unknown): string | undefined =>
  error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : undefined;

function levelOf(error: unknown): 'error' | 'warn' | 'info' | 'debug' {
  if (!(error instanceof CodedError) || error.code === Code.internal) return 'error';
  if (error.code === Code.cancelled) return 'debug';
  return error.code === Code.unavailable || error.code === Code.resourceExhausted ? 'warn' : 'info';
}

function audit({ log, random }: GateNeeds): Step {
  return async (passing, next) => {
    const { call, rule } = passing;
    const trail = new CallTrail({ request_id: random.uuid(), ...methodFields(call.method) });
    passing.trail = trail;
    const write = (code: number, message: string): void =>
      trail.write(
        log,
        { ...callerFields(passing.caller, call.peer), ...roleFields(passing.admission) },
        { code, message },
      );
    const succeeded = (): void => {
      if (rule.isRoutine !== true) write(0, '');
    };
    try {
      await next();
      succeeded();
    } catch (error) {
      const { code, message } =
        error instanceof CodedError ? error : { code: Code.internal, message: 'internal' };
      if (rule.endsWithCaller === true && code === Code.cancelled) succeeded();
      else write(code, message);
      throw error;
    }
  };
}

const roleFields = ({ role }: Admission): LogFields => (role === undefined ? {} : { caller_role: role });

function findCaller({ callers }: GateNeeds): Step {
  return async (passing, next) => {
    passing.caller = await callers.identify(passing.call.peer);
    await next();
  };
}

function authorize({ authorizer }: GateNeeds): Step {
  return async (passing, next) => {
    const { call, rule, caller } = passing;
    if (caller === undefined) throw internal('the caller was not looked for');
    passing.admission = await authorizer.authorize(call.method, rule, caller);
    await next();
  };
}

function readRequest({ isAudited }: GateNeeds): Step {
  return async (passing, next) => {
    passing.request = passing.read();
    const { rule, request, trail } = passing;
    if (isAudited && rule.audited !== undefined) trail.add(rule.audited(request as never));
    await next();
  };
}

/** Whoever holds the admin socket is not limited. */
function limitRate({ limiter }: GateNeeds): Step {
  return async ({ call, rule, request }, next) => {
    const address = addressOf(call.peer);
    if (rule.limit !== undefined && address !== undefined) {
      await limiter.draw({
        limit: rule.limit,
        address,
        weight: weightOf(rule, request),
        signal: call.signal,
      });
    }
    await next();
  };
}

function weightOf({ weighedBy }: Rule, request: unknown): number {
  if (weighedBy === undefined) return 1;
  const found: unknown = typeof request === 'object' ? Reflect.get(request ?? {}, weighedBy) : undefined;
  return Array.isArray(found) ? found.length : 1;
}
