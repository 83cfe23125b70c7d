/** Stands before every RPC on the admin socket: who may open that file may call all of it; each call is logged. Called by listen. */
import { CodedError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Gate } from '../../shared/rpc/handler.ts';

/** Who called, for the log; undefined where the kernel did not say. */
export interface AdminCaller {
  readonly pid: number | undefined;
  readonly uid: number | undefined;
}

export interface AdminContext {
  readonly signal: AbortSignal;
}

export const gate =
  (log: Logger): Gate<AdminCaller, AdminContext> =>
  async (call, _request, run) => {
    const fields = { method: call.method, pid: call.peer.pid, uid: call.peer.uid };
    try {
      call.signal.throwIfAborted();
      await run({ signal: call.signal });
      log.debug('answered an admin call', fields);
    } catch (error) {
      const isOurs = error instanceof CodedError;
      log[isOurs ? 'warn' : 'error']('an admin call failed', { ...fields, error: messageOf(error) });
      throw error;
    }
  };
