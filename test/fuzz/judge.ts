/** What a door may answer to a request that makes no sense. Used by the random tests of the doors. */
import assert from 'node:assert/strict';
import { Code } from '../../shared/errors.ts';
import { serviceDefinition } from '../../shared/rpc/definitions.ts';
import type { Rpc } from './random-messages.ts';
import type { Outcome, RawCall } from './raw-call.ts';

/** Unknown, Internal, DataLoss: the server did not know what it was doing. */
const FAULTS = [2, 13, 15];
const MESSAGE_MAX = 1_100;

/**
 * Refusals that SPIRE answers with Internal, word for word, though the caller is to blame (its localauthority/v1 wraps
 * what its datastore refuses): its clients know them so. Only these, and only from these RPCs.
 */
const REFUSALS: Readonly<Record<string, RegExp>> = {
  RevokeJWTAuthority: /^failed to revoke JWT authority: it is not possible to revoke an untainted key$/,
  RevokeWITAuthority: /^failed to revoke WIT authority: it is not possible to revoke an untainted key$/,
};
const LOCAL_AUTHORITY = '/spire.api.server.localauthority.v1.LocalAuthority/';

/** Whether this Internal is a refusal, and no fault. */
export function isSpiresRefusal(path: string, message: string): boolean {
  const rpc = path.startsWith(LOCAL_AUTHORITY) ? path.slice(LOCAL_AUTHORITY.length) : '';
  return REFUSALS[rpc]?.test(message) === true;
}

/** Stacks, paths, statements and states of the database. */
const LEAKS =
  /node_modules|file:\/\/|\n\s*at |\.[jt]s:\d|SQLSTATE|\bselect\s.*\bfrom\b|\binsert into\b|pg_|\/(?:var|tmp|home|work|usr)\//i;

interface Status {
  readonly code: number;
  readonly message: string;
}

/** Fails with what is wrong about it. */
export function judge(rpc: Rpc, outcome: Outcome): void {
  assert.notEqual(outcome.end, 'silent', 'it was not answered');
  assert.notEqual(outcome.end, 'cut', 'it was cut');
  assert.equal(outcome.httpStatus, 200);
  if (outcome.end === 'open') return;
  for (const status of [{ code: outcome.status ?? -1, message: outcome.message }, ...itemsOf(rpc, outcome)])
    judgeStatus(rpc, status);
}

function judgeStatus({ path }: Rpc, { code, message }: Status): void {
  const isFault = FAULTS.includes(code) && !(code === Code.internal && isSpiresRefusal(path, message));
  assert.ok(code >= 0 && code <= 16 && !isFault, `status ${code}: ${message}`);
  assert.ok(message.length <= MESSAGE_MAX, `a message of ${message.length} characters`);
  assert.doesNotMatch(message, LEAKS);
}

/** Those of a batch's items, where the call itself succeeded. */
export function itemsOf({ service, name }: Rpc, { status, response }: Outcome): readonly Status[] {
  const method = serviceDefinition(service)[name];
  if (status !== 0 || response === undefined || method === undefined) return [];
  const decoded = method.responseDeserialize(response) as { results?: { status: Status | null }[] };
  return (decoded.results ?? []).flatMap((result) => result.status ?? []);
}

/** Nothing was done: the call failed, or each of its items. */
export function isRefused(rpc: Rpc, outcome: Outcome): boolean {
  if (outcome.end !== 'answered') return false;
  const items = itemsOf(rpc, outcome);
  return outcome.status !== 0 || (items.length > 0 && items.every(({ code }) => code !== 0));
}

/** Of a call that is no gRPC: answered in any way, also by HTTP alone or by ending its stream, but told nothing inward. */
export function judgeWrong({ path }: RawCall, outcome: Outcome): void {
  assert.notEqual(outcome.end, 'silent', 'it was not answered');
  assert.doesNotMatch(outcome.message, LEAKS);
  assert.ok(outcome.message.length <= MESSAGE_MAX + path.length); // the library repeats a path that it does not know
}
