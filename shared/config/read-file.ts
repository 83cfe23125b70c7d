/** Reads configuration files (and the small files that they name), with a bound and errors that say what to do. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { Code, CodedError, invalidArgument, messageOf } from '../errors.ts';

const FILE_MAX_BYTES = 1_048_576;

/** The file's text; throws a CodedError when it is missing, unreadable, no file, too large or no UTF-8. */
export function readConfigFile(path: string): string {
  const fd = open(path);
  try {
    return decode(path, readBounded(path, fd));
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe must not make us wait
  } catch (error) {
    throw explain(path, error);
  }
}

function readBounded(path: string, fd: number): Uint8Array {
  const found = fstatSync(fd);
  if (found.isDirectory())
    throw invalidArgument(`configuration file "${path}" is a directory: name a file in it`);
  if (!found.isFile()) throw invalidArgument(`configuration file "${path}" is not a regular file`);
  if (found.size > FILE_MAX_BYTES) {
    throw invalidArgument(
      `configuration file "${path}" has ${found.size} bytes, more than ${FILE_MAX_BYTES}`,
    );
  }
  return readFileSync(fd);
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalidArgument(`configuration file "${path}" is not UTF-8 text`, { cause: error });
  }
}

function explain(path: string, error: unknown): CodedError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return new CodedError(
        Code.notFound,
        `configuration file "${path}" does not exist: create it or name another`,
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
      return new CodedError(
        Code.permissionDenied,
        `configuration file "${path}" may not be read by this user: change its owner or mode`,
        { cause: error },
      );
    case 'ENOTDIR':
      return new CodedError(
        Code.notFound,
        `configuration file "${path}": a part of its path is not a directory`,
        { cause: error },
      );
    default:
      return invalidArgument(`configuration file "${path}" cannot be read: ${messageOf(error)}`, {
        cause: error,
      });
  }
}
