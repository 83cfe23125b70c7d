/**
 * Private keys by id in one file, in SPIRE's format `{"keys":{"<id>":"<base64 PKCS #8>"}}`, so that a genuine keys.json is
 * taken over. Called by the disk key managers of server and agent. Keys are text only inside the file.
 */
import { hash, type KeyObject } from 'node:crypto';
import { bytesEqual, fromBase64, toBase64, utf8 } from '../bytes.ts';
import type { CodedError } from '../errors.ts';
import { removeLeftBeside, writeFileAtomic } from '../files.ts';
import { findUnwritable, whyUnwritable } from '../unwritable.ts';
import { parsePrivateKey, privateKeyToPkcs8 } from './keys.ts';
import { keyFileRefusal, readPrivateFile } from './private-file.ts';

const MAX_BYTES = 1_048_576; // an RSA-4096 key is 3.2 KB in base64: room for 300
const MAX_ID_LENGTH = 255;

export class KeyFile {
  readonly #path: string;
  #keys: ReadonlyMap<string, KeyObject>;
  /** Hash of the file as we know it: shows when somebody else wrote it. */
  #digest: Uint8Array;
  /** Of what failed to be written last: it is in the file all the same where the directory alone could not be synced. */
  #failed: Uint8Array | undefined;

  private constructor(path: string, keys: ReadonlyMap<string, KeyObject>, digest: Uint8Array) {
    this.#path = path;
    this.#keys = keys;
    this.#digest = digest;
  }

  /**
   * Reads the file; a missing one holds no keys. Throws FailedPrecondition, with what to do, when others than its owner
   * can reach it, when it belongs to somebody else, on content that it does not know, and where it could not be written.
   */
  static open(path: string): KeyFile {
    const why = findUnwritable(path);
    if (why !== undefined) throw keyFileRefusal(path, `new keys could not be kept: ${why}`);
    removeLeftBeside(path);
    const content = readPrivateFile(path, MAX_BYTES);
    const keys = content === undefined ? new Map<string, KeyObject>() : parseKeys(path, content);
    return new KeyFile(path, keys, digestOf(content));
  }

  get keys(): ReadonlyMap<string, KeyObject> {
    return this.#keys;
  }

  /** Keeps the key under `id`, on disk when it returns. Throws FailedPrecondition when the file cannot be written. */
  put(id: string, key: KeyObject): void {
    if (id === '' || id.length > MAX_ID_LENGTH)
      throw keyFileRefusal(this.#path, `a key id has 1 to ${MAX_ID_LENGTH} characters`);
    this.#checkOurs();
    const keys = new Map(this.#keys).set(id, key);
    const content = encodeKeys(keys);
    try {
      writeFileAtomic(this.#path, content);
    } catch (error) {
      this.#failed = digestOf(content);
      throw keyFileRefusal(this.#path, `cannot be written: ${whyUnwritable(error, this.#path)}`);
    }
    this.#keys = keys;
    this.#digest = digestOf(content);
    this.#failed = undefined;
  }

  /** Throws FailedPrecondition when the file holds what somebody else wrote. */
  #checkOurs(): void {
    const found = digestOf(readPrivateFile(this.#path, MAX_BYTES));
    const isOurs = (known: Uint8Array | undefined): boolean =>
      known !== undefined && bytesEqual(found, known);
    if (!isOurs(this.#digest) && !isOurs(this.#failed)) {
      throw keyFileRefusal(
        this.#path,
        'another process changed it: give each server and agent a file of its own, then restart',
      );
    }
    this.#digest = found;
  }
}

function encodeKeys(keys: ReadonlyMap<string, KeyObject>): Uint8Array {
  const texts = [...keys].map(([id, key]): [string, string] => [id, toBase64(privateKeyToPkcs8(key))]);
  return utf8(`${JSON.stringify({ keys: Object.fromEntries(texts) }, undefined, '\t')}\n`);
}

function parseKeys(path: string, content: Uint8Array): ReadonlyMap<string, KeyObject> {
  const file = parseJson(path, content);
  if (!isRecord(file) || Object.keys(file).length !== 1 || !isRecord(file['keys'])) {
    throw unknownContent(path, 'it is not {"keys": {…}}');
  }
  return new Map(Object.entries(file['keys']).map(([id, text]) => [id, parseKey(path, id, text)]));
}

/** The parser's own message quotes the text, which holds keys: it goes no further. */
function parseJson(path: string, content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch {
    throw unknownContent(path, 'it is not JSON');
  }
}

function parseKey(path: string, id: string, text: unknown): KeyObject {
  if (id === '' || id.length > MAX_ID_LENGTH)
    throw unknownContent(path, `a key id has not 1 to ${MAX_ID_LENGTH} characters`);
  const der = typeof text === 'string' ? fromBase64(text) : undefined;
  if (der === undefined) throw unknownContent(path, `key ${JSON.stringify(id)} is not base64`);
  try {
    return parsePrivateKey(der);
  } catch {
    throw unknownContent(path, `key ${JSON.stringify(id)} is not a PKCS #8 key of a supported type`);
  } finally {
    der.fill(0);
  }
}

const digestOf = (content: Uint8Array | undefined): Uint8Array =>
  content === undefined ? new Uint8Array() : hash('sha256', content, 'buffer');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unknownContent = (path: string, what: string): CodedError =>
  keyFileRefusal(path, `${what}: restore it from a backup, or remove it to begin with new keys`);
