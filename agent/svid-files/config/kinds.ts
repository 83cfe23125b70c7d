/** The types of value that only the helper's file holds. Called by config.ts and jwt-svids.ts. */
import { constants } from 'node:os';
import { boolean, nameOf, parsed } from '../../../shared/config/kinds.ts';
import { type Block, defaulting, type Kind } from '../../../shared/config/shape.ts';

export const flag = (file: Block, key: string, doc: string): boolean =>
  file.field(key, defaulting(boolean, false, { doc }));

const MODE_MAX = 0o777;

/** `0640`, or "0640". A mode without the leading zero would be read as decimal, which nobody means. */
export const fileMode: Kind<number> = parsed('octal mode', 0o600, (value) => {
  if (!/^0o?[0-7]{3,4}$/.test(value))
    throw new Error('must be an octal mode with a leading zero, such as 0640');
  const mode = Number.parseInt(value.replace('o', ''), 8);
  if (mode > MODE_MAX) throw new Error('must be at most 0777: no setuid, setgid or sticky bit');
  return mode;
});

/** A file below cert_dir, or an absolute path. */
export const fileName: Kind<string> = parsed('file name', 'placeholder', (value) => {
  if (value === '' || value.includes('\0') || value.endsWith('/')) throw new Error('must name a file');
  return value;
});

export const signal: Kind<NodeJS.Signals> = parsed('signal', 'SIGHUP', (value) => {
  if (!isSignal(value)) throw new Error('must be the name of a signal, such as SIGHUP or SIGUSR1');
  return value;
});

const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(constants.signals, name);

/** Numbers only: names would be looked up in a file that a container need not have. */
export const ownerId: Kind<number | undefined> = {
  type: 'integer',
  placeholder: undefined,
  read: (node, report) => {
    if (
      node.kind === 'number' &&
      Number.isSafeInteger(node.value) &&
      node.value >= 0 &&
      node.value < 2 ** 32 - 1
    )
      return node.value;
    report(node.at, `must be a user or group number, not ${nameOf(node)}`);
    return undefined;
  },
};
