/**
 * The agent's SVID and bundle on disk: SPIRE's `agent-data.json`, so that the data_dir of a genuine spire-agent is taken
 * over, and given back. Members that are not known here are kept as they are. Made by agent.ts.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBase64, toBase64, utf8 } from '../../shared/bytes.ts';
import { formatPem, parsePem } from '../../shared/crypto/pem.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { removeLeftBeside, writeFileAtomic } from '../../shared/files.ts';
import { findUnwritable, whyUnwritable } from '../../shared/unwritable.ts';
import { makePrivateDirectory } from '../private-directory.ts';
import type { AgentState, AgentStateStore } from './own-svid.ts';

const FILE_NAME = 'agent-data.json';
const MAX_BYTES = 8 * 1_024 * 1_024; // a bundle of some thousand authorities

type Json = Readonly<Record<string, unknown>>;

export class StateFile implements AgentStateStore {
  readonly #path: string;
  #state: AgentState;
  /** The file's members, ours and others. */
  #json: Json;

  private constructor(path: string, json: Json) {
    this.#path = path;
    this.#json = json;
    this.#state = readState(path, json);
  }

  /** Throws FailedPrecondition, with what to do, on a directory or file that cannot be used; a missing file is empty. */
  static open(dataDir: string): StateFile {
    makePrivateDirectory(dataDir);
    const path = join(dataDir, FILE_NAME);
    const why = findUnwritable(path);
    if (why !== undefined) throw refusal(path, `could not be written: ${why}`);
    removeLeftBeside(path);
    return new StateFile(path, readJson(path));
  }

  get state(): AgentState {
    return this.#state;
  }

  store(change: Partial<AgentState>): void {
    const state = { ...this.#state, ...change };
    const json = {
      ...this.#json,
      svid: state.svid.map(encode),
      bundle: state.bundle.map(encode),
      reattestable: state.canReattest,
    };
    try {
      writeFileAtomic(this.#path, utf8(JSON.stringify(json)));
    } catch (cause) {
      throw refusal(this.#path, `cannot be written: ${whyUnwritable(cause, this.#path)}`, cause);
    }
    this.#json = json;
    this.#state = state;
  }
}

/** SPIRE writes each certificate as the base64 of its PEM block. */
const encode = (der: Uint8Array): string => toBase64(utf8(formatPem('CERTIFICATE', der)));

function readState(path: string, json: Json): AgentState {
  return {
    svid: readCertificates(path, json['svid']),
    bundle: readCertificates(path, json['bundle']),
    canReattest: json['reattestable'] === true,
  };
}

/** A list that was never filled is null. */
function readCertificates(path: string, value: unknown): readonly Uint8Array[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw unknownContent(path, 'a list of certificates is no list');
  return value.flatMap((text: unknown) => {
    const pem = typeof text === 'string' ? fromBase64(text) : undefined;
    if (pem === undefined) throw unknownContent(path, 'a certificate is not base64');
    try {
      return parsePem(new TextDecoder().decode(pem), 'CERTIFICATE', { foreign: 'refuse' });
    } catch (cause) {
      throw unknownContent(path, messageOf(cause), cause);
    }
  });
}

function readJson(path: string): Json {
  const text = readText(path);
  if (text === undefined) return {};
  try {
    const json: unknown = JSON.parse(text);
    if (isRecord(json)) return json;
  } catch (cause) {
    throw unknownContent(path, 'it is not JSON', cause);
  }
  throw unknownContent(path, 'it is not a JSON object');
}

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readText(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw refusal(path, `cannot be opened: ${messageOf(cause)}`, cause);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw refusal(path, 'is not a regular file');
    if (stats.size > MAX_BYTES) throw refusal(path, `is longer than ${MAX_BYTES} bytes`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

const refusal = (path: string, what: string, cause?: unknown): CodedError =>
  new CodedError(
    Code.failedPrecondition,
    `agent state ${path}: ${what}`,
    cause === undefined ? {} : { cause },
  );

const unknownContent = (path: string, what: string, cause?: unknown): CodedError =>
  refusal(path, `${what}: restore it from a backup, or remove it to attest anew`, cause);
