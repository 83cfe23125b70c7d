/** The audit log (`audit_log_enabled`): a line for each call, or for each item of a batch. Written by gate/order. */
import { codeName } from '../../../shared/cli/code-name.ts';
import type { LogFields, Logger } from '../../../shared/log/logger.ts';
import { cut } from './audit-fields.ts';
import type { AuditTrail, Caller, Peer } from './context.ts';

interface Status {
  readonly code: number;
  readonly message: string;
}

interface Item {
  readonly fields: LogFields;
  readonly status: Status;
}

/** Gathers what is to be said of one call. */
export class CallTrail implements AuditTrail {
  readonly #items: Item[] = [];
  #fields: LogFields;

  constructor(fields: LogFields) {
    this.#fields = fields;
  }

  add(fields: LogFields | (() => LogFields)): void {
    this.#fields = { ...this.#fields, ...(typeof fields === 'function' ? fields() : fields) };
  }

  item(fields: () => LogFields, status: Status): void {
    this.#items.push({ fields: fields(), status });
  }

  /** `outcome` is the call's own; a batch that was carried out has one for each item instead. */
  write(log: Logger, caller: LogFields, outcome: Status): void {
    const items =
      outcome.code === 0 && this.#items.length > 0 ? this.#items : [{ fields: {}, status: outcome }];
    for (const { fields, status } of items) {
      log.info('API accessed', {
        type: 'audit',
        ...caller,
        ...this.#fields,
        ...fields,
        ...statusFields(status),
      });
    }
  }
}

/** A trail for servers without an audit log. */
export const noTrail: AuditTrail = { add: () => {}, item: () => {} };

/** Who calls, as far as is known by then. */
export function callerFields(caller: Caller | undefined, peer: Peer): LogFields {
  if (peer.kind === 'local') {
    const { process } = peer;
    if (process === undefined) return { caller_local: true };
    const { uid, gid, path } = process;
    return { caller_uid: uid, caller_gid: gid, ...(path === undefined ? {} : { caller_path: path }) };
  }
  return {
    caller_addr: peer.address,
    ...(caller?.kind === 'identified' ? { caller_id: caller.svid.id.toString() } : {}),
  };
}

const SERVER_API = 'spire.api.server.';

/** `entry.v1.Entry` and `GetEntry`, as SPIRE names them in its logs. */
export function methodFields(method: string): LogFields {
  const [, service = '', rpc = ''] = method.split('/');
  return {
    service: service.startsWith(SERVER_API) ? service.slice(SERVER_API.length) : service,
    method: rpc,
  };
}

const statusFields = ({ code, message }: Status): LogFields =>
  code === 0
    ? { status: 'success' }
    : { status: 'error', status_code: codeName(code), status_message: cut(message) };
