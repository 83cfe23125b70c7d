/**
 * Answers that their handler encodes itself, part by part: a long list as one object would be held as a whole, and
 * encoded in one go, while everybody else waits. Used by handlers of lists; sent by server.ts.
 */
import { serviceDefinition } from './definitions.ts';

/** The bytes of a message, which its RPC's encoder leaves as they are. */
export class EncodedMessage {
  readonly bytes: Buffer;

  /** One after the other, parts of a message are that message: its lists go on, other fields are the last's (protobuf encoding). */
  constructor(parts: readonly Uint8Array[]) {
    this.bytes = Buffer.concat(parts);
  }
}

/** Encodes answers of this RPC, or parts of them. Throws when the descriptor has no such RPC. */
export function answerEncoder<Response extends object>(
  service: string,
  rpc: string,
): (part: Response) => Uint8Array {
  const method = serviceDefinition(service)[rpc];
  if (method === undefined) throw new Error(`no RPC ${service}/${rpc} in the descriptor`);
  return (part) => method.responseSerialize(part);
}
