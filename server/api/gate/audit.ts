/** The audit log (`audit_log_enabled`): a line for each call, or for each item of a batch. Written by gate/order. */
import { createHash } from 'node:crypto';
import { codeName } from '../../../shared/cli/code-name.ts';
import type { LogFields, Logger } from '../../../shared/log/logger.ts';
import type { AuditTrail, Caller } from './context.ts';

interface Status {
  readonly code: number;
  readonly message: string;
}

interface Item {
  readonly fields: LogFields;
  readonly status: Status;
}

const LIST_MAX = 100; // of a request's list, in one line

/** Gathers what is to be said of one call. */
export class CallTrail implements AuditTrail {
  readonly #items: Item[] = [];
  #fields: LogFields;

  constructor(fields: LogFields) {
    this.#fields = fields;
  }

  add(fields: LogFields): void {
    this.#fields = { ...this.#fields, ...fields };
  }

  item(fields: LogFields, status: Status): void {
    this.#items.push({ fields, status });
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

export function callerFields(caller: Caller | undefined, address: string | undefined): LogFields {
  if (caller?.kind === 'local') return { caller_local: true };
  return {
    caller_addr: address,
    ...(caller?.kind === 'identified' ? { caller_id: caller.svid.id.toString() } : {}),
  };
}

/** The named fields of a request, in short: bytes are hashed, SPIFFE IDs are text. */
export function requestFields(request: unknown, names: readonly string[]): LogFields {
  if (typeof request !== 'object' || request === null) return {};
  const found = Object.entries(request).filter(([name, value]) => names.includes(name) && !isAbsent(value));
  return Object.fromEntries(found.map(([name, value]) => [name, inShort(value)]));
}

const isAbsent = (value: unknown): boolean => value === null || value === undefined || value === '';

function inShort(value: unknown): unknown {
  if (value instanceof Uint8Array) return `sha256:${createHash('sha256').update(value).digest('hex')}`;
  if (Array.isArray(value)) return value.slice(0, LIST_MAX).map(inShort);
  if (typeof value !== 'object' || value === null) return value;
  if ('trust_domain' in value && 'path' in value)
    return `spiffe://${String(value.trust_domain)}${String(value.path)}`;
  const present = Object.entries(value).filter(([, each]) => !isAbsent(each));
  return Object.fromEntries(present.map(([name, each]) => [name, inShort(each)]));
}

const statusFields = ({ code, message }: Status): LogFields =>
  code === 0
    ? { status: 'success', status_code: 'OK' }
    : { status: 'error', status_code: codeName(code), status_message: message };
