/** Connections that are refused: kept open until they were told why, so that the client can say so. Used by accept. */
import type { Socket } from 'node:net';
import type { CodedError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';

/** Told why and kept open for it at once; the oldest makes room for the next. */
const TOLD_AT_ONCE = 32;

export interface RefusalsDeps {
  /** Has every call on the connection answered with the reason. */
  readonly answer: (socket: Socket, error: CodedError) => void;
  readonly log: Logger;
}

export class Refusals {
  readonly #answer: RefusalsDeps['answer'];
  readonly #tell: (reason: string) => void;
  readonly #told = new Set<Socket>();

  constructor({ answer, log }: RefusalsDeps) {
    this.#answer = answer;
    this.#tell = tellSometimes(log);
  }

  /** It is answered with the reason. */
  refuse(socket: Socket, error: CodedError): void {
    this.#tell(error.message);
    const [oldest] = this.#told;
    if (oldest !== undefined && this.#told.size >= TOLD_AT_ONCE) {
      this.#told.delete(oldest);
      oldest.destroy();
    }
    this.#told.add(socket);
    socket.once('close', () => this.#told.delete(socket));
    this.#answer(socket, error);
  }

  /** Without an answer: that costs next to nothing. */
  drop(socket: Socket, reason: string): void {
    this.#tell(reason);
    socket.destroy();
  }
}

const REASONS_COUNTED = 1_000;
const OTHERS = 'many different ones';

/** A client that is refused comes again every second: the first, second, fourth, eighth … of a kind is logged. */
function tellSometimes(log: Logger): (reason: string) => void {
  const counts = new Map<string, number>();
  return (given) => {
    const reason = counts.has(given) || counts.size < REASONS_COUNTED ? given : OTHERS;
    const count = (counts.get(reason) ?? 0) + 1;
    counts.set(reason, count);
    if (Number.isInteger(Math.log2(count))) log.warn('refused a connection', { reason, count });
  };
}
