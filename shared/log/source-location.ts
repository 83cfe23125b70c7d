/** Which line of the code writes a log line (`log_source_location`). Called by pino-logger. */
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FRAME = /\(?((?:file:\/\/)?\/[^()]+):(\d+):\d+\)?$/;

/** `server/entries/prune.ts:19`: of the caller of `beyond`. Undefined where the runtime does not tell. */
export function sourceLocation(beyond: (...args: never) => unknown): string | undefined {
  const trace: { stack?: string } = {};
  Error.captureStackTrace(trace, beyond);
  const [, path, line] = FRAME.exec(trace.stack?.split('\n')[1] ?? '') ?? [];
  if (path === undefined || line === undefined) return undefined;
  const file = path.startsWith('file:') ? fileURLToPath(path) : path;
  return `${file.startsWith(ROOT) ? file.slice(ROOT.length) : file}:${line}`;
}
