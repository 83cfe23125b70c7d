/** Tells the server which version this agent is. Called by agent.ts once there is a server that honours it. */
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { VERSION } from '../../shared/version.ts';

export interface StatusParts {
  /** Implemented by server-link/agent-client. */
  readonly agents: { postStatus(agentVersion: string): Promise<void> };
  readonly log: Logger;
}

/** For the operator's list of agents; that it fails changes nothing. Never rejects. */
export async function postStatus({ agents, log }: StatusParts): Promise<void> {
  try {
    await agents.postStatus(VERSION);
  } catch (error) {
    const fields = { error: messageOf(error) };
    if (isUnknownThere(error)) log.debug('server keeps no versions of agents', fields);
    else log.warn('server does not take our version', fields);
  }
}

/** SPIRE's server has the RPC since 1.13, and lets nobody call it at first. */
const isUnknownThere = (error: unknown): boolean =>
  error instanceof CodedError && (error.code === Code.unimplemented || error.code === Code.permissionDenied);
