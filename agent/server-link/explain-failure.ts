/** Failed connections in the words of whoever has to mend them. Called by connection. */
import { Code, CodedError } from '../../shared/errors.ts';
import { NOT_TRUSTED } from './verify-server.ts';

const UNREACHABLE: readonly { readonly sign: RegExp; readonly says: string }[] = [
  {
    sign: /ECONNREFUSED/,
    says: 'nothing listens there: is the server running, are server_address and server_port right?',
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN|Name resolution failed/,
    says: 'its name cannot be resolved: is server_address right?',
  },
  {
    sign: /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    says: 'it cannot be reached: is server_address right, does a firewall stand between?',
  },
  {
    sign: /wrong version number|packet length too long|http request|unexpected message/i,
    says: 'what listens there does not speak TLS: is server_port right?',
  },
  {
    sign: /protocol version|handshake failure|no suitable|alert number (40|70|86)/i,
    says: 'no common TLS version or key exchange: is require_pq_kem the same on both sides?',
  },
  {
    sign: /ALPN|no_application_protocol|alert number 120/i,
    says: 'what listens there does not speak gRPC: is server_port right?',
  },
];

/** The error again, saying what to look at where that can be told. */
export function explainFailure(error: CodedError, target: string): CodedError {
  if (error.code !== Code.unavailable) return error;
  const trusted = error.message.indexOf(NOT_TRUSTED);
  if (trusted >= 0) return again(error, `${target}: ${untilNote(error.message.slice(trusted))}`);
  const known = UNREACHABLE.find(({ sign }) => sign.test(error.message));
  return known === undefined ? error : again(error, `server ${target}: ${known.says}`);
}

/** The gRPC library ends its message with a note on name resolution. */
const untilNote = (message: string): string => message.replace(/\. Resolution note:.*$/s, '');

const again = (error: CodedError, message: string): CodedError =>
  new CodedError(error.code, message, {
    reason: error.reason,
    retryAfterMs: error.retryAfterMs,
    cause: error,
  });
