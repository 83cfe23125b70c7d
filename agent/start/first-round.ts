/** The agent's first synchronisation, and what follows where the server does not honour the SVID of the last run. Called by agent.ts. */
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { denialIn } from '../agent-svid/denial.ts';
import type { Engine } from './engine.ts';
import { enrol, type EnrolParts } from './enrol.ts';

/**
 * Rejects where the agent has no SVID afterwards, or is banned: nothing of the last run is kept then.
 *
 * DIVERGES: SPIRE's agent opens no socket before its first round has succeeded, and ends when the server does not honour
 * the SVID of the last run. Ours waits for a server that is away, serving what the last run kept or saying so to whoever
 * asks, and comes back by itself; where the SVID is not honoured, a join token is tried first.
 */
export async function firstRound(engine: Engine, parts: EnrolParts, signal: AbortSignal): Promise<void> {
  try {
    await engine.synchronizer.round(signal);
  } catch (error) {
    signal.throwIfAborted();
    const denial = denialIn(error, parts.own.current?.svid, parts.clock.now());
    if (denial === undefined) return parts.log.error('synchronisation failed', { error: messageOf(error) });
    engine.kept.wipe();
    parts.own.remove();
    if (denial === 'banned') throw bannedError(error);
    parts.log.warn('server does not honour the SVID of the last run: it is removed', {
      error: messageOf(error),
    });
    await enrolAgain(engine, parts, signal);
    await engine.synchronizer.round(signal);
  }
}

async function enrolAgain(engine: Engine, parts: EnrolParts, signal: AbortSignal): Promise<void> {
  engine.cache.forget();
  engine.jwtSvids.clear();
  engine.bundles.setOwn(await enrol(parts, signal));
  engine.connection.replace();
  engine.kept.resume();
}

export const bannedError = (cause: unknown): CodedError =>
  new CodedError(Code.permissionDenied, `agent is banned: ${messageOf(cause)}`, {
    reason: 'AGENT_BANNED',
    cause,
  });
