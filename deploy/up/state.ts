/** The state directory: made, emptied, and held by one `writ up` at a time. */
import { chmodSync, existsSync, lstatSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { makeDirectories } from '../../shared/files.ts';
import { messageOf } from '../../shared/errors.ts';
import { whyOthersCanReplace } from '../../shared/trusted-path.ts';
import { layoutOf, type Layout } from './layout.ts';

const MARK = 'up.pid';

/**
 * Makes the directory (others may pass through: Postgres runs as another user), emptied first where asked. Throws where
 * it is another user's: programs in it are run, and files in it written, with the rights of this one.
 */
export function prepareState(root: string, isFresh: boolean): Layout {
  const layout = layoutOf(root);
  checkOurs(root); // nothing is read, emptied or made in another's
  refuseIfRunning(layout);
  if (isFresh) empty(layout);
  prepare(layout);
  return layout;
}

function prepare(layout: Layout): void {
  const { root } = layout;
  try {
    makeDirectories(root, 0o711);
    checkOurs(root); // nobody was faster
    chmodSync(root, 0o711);
    for (const path of [layout.logs, layout.bin]) makeDirectories(path, 0o755);
    makeDirectories(layout.agent.data, 0o711);
    writeFileSync(layout.lock, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    throw new Error(
      `cannot write the state directory ${root} (${messageOf(error)}): choose another with --state, or run as its owner`,
    );
  }
}

function checkOurs(root: string): void {
  const why = whyOthersCanReplace(root);
  if (why !== undefined) throw new Error(`${why}: choose another with --state`);
}

export const releaseState = (layout: Layout): void => rmSync(layout.lock, { force: true });

function refuseIfRunning(layout: Layout): void {
  const pid = existsSync(layout.lock) ? Number.parseInt(readFileSync(layout.lock, 'utf8'), 10) : Number.NaN;
  if (Number.isNaN(pid) || pid === process.pid || !isUp(pid)) return;
  throw new Error(
    `another 'writ up' (process ${pid}) uses ${layout.root}: stop it with 'kill ${pid}', or choose another --state`,
  );
}

/** Whether this process is a `writ up`: the file may be old and its number somebody else's by now. */
function isUp(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('deploy/up/main');
  } catch {
    return false;
  }
}

/** Removes only what looks like ours: a directory without the mark of an earlier run is left alone. */
function empty(layout: Layout): void {
  if (!existsSync(layout.root)) return;
  if (!existsSync(`${layout.root}/${MARK}`) && !existsSync(layout.server.config)) {
    throw new Error(
      `${layout.root} was not made by 'writ up': it is left alone; remove it yourself or choose another --state`,
    );
  }
  if (lstatSync(layout.root).isSymbolicLink())
    throw new Error(`${layout.root} is a link: remove what it points to yourself`);
  rmSync(layout.root, { recursive: true, force: true });
}
