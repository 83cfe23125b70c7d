import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { containerLocator, ownProcess } from '../../../agent/attest-workload/container-id.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { FakePeer } from '../../fakes/peer.ts';
import { realPeers } from '../workload-api/door.ts';

const DIRECTORY = join(import.meta.dirname, '../../vectors/cgroup');
const HOST_USERS = 'user:[4026531837]';

/** Header lines of `key: value`, an empty line, and the process's `/proc/<pid>/cgroup`. */
interface Vector {
  readonly name: string;
  readonly expect: string;
  readonly comment: string;
  /** The agent's own lines, after `namespace` where it is in one. */
  readonly own: readonly string[];
  /** The process's mountinfo, after `user namespace` where it is in one. */
  readonly mounts: readonly string[];
  readonly cgroup: string;
}

function readVector(name: string): Vector {
  const [head = '', cgroup = ''] = readFileSync(join(DIRECTORY, name), 'utf8').split('\n\n');
  const values = (key: string): readonly string[] =>
    head.split('\n').flatMap((line) => (line.startsWith(`${key}: `) ? [line.slice(key.length + 2)] : []));
  const [expect = '', comment = ''] = [values('expect')[0], values('comment')[0]];
  assert.ok(values('source').length === 1, name);
  return { name, expect, comment, own: values('own'), mounts: values('mount'), cgroup };
}

function locate({ cgroup, own, mounts }: Vector, usesMounts = true): string {
  const peer = new FakePeer({
    files: { cgroup, mountinfo: mounts.join('\n') },
    links: { 'ns/user': mounts[0] === 'user namespace' ? 'user:[4026532000]' : HOST_USERS },
  });
  const find = containerLocator({
    own: {
      cgroups: () => own.join('\n'),
      isInCgroupNamespace: () => own[0] === 'namespace',
      userNamespace: () => HOST_USERS,
    },
    usesMounts,
  });
  try {
    const place = find(peer);
    if (place === undefined) return 'none';
    const { containerId, podUid, isOfUser } = place;
    return `${isOfUser ? 'user ' : ''}container ${containerId}${podUid === undefined ? '' : ` pod ${podUid}`}`;
  } catch (error) {
    assert.ok(error instanceof CodedError && error.code === Code.failedPrecondition, String(error));
    return `refused ${error.message}`;
  }
}

describe('the container of a process', () => {
  const vectors = readdirSync(DIRECTORY).map(readVector);
  assert.ok(vectors.length > 40);
  for (const vector of vectors)
    it(`${vector.name}: ${vector.comment}`, () => assert.equal(locate(vector), vector.expect));

  it('is not looked for in mounts where that is turned off', () => {
    const behind = vectors.filter(({ name }) => name.startsWith('valid-mounts'));
    assert.deepEqual(
      behind.map((vector) => locate(vector, false)),
      ['none', 'none'],
    );
  });

  it('is found by what the kernel says of this very process, too', () => {
    const peer = realPeers().open(process.pid);
    const read: string[] = [];
    const find = containerLocator({
      own: ownProcess(),
      usesMounts: true,
      onRead: (file, lines) => read.push(file, ...lines),
    });
    const place = find(peer);
    assert.ok(place === undefined || /^[\da-f]{64}$/.test(place.containerId));
    assert.deepEqual(read.slice(1, 2), readFileSync('/proc/self/cgroup', 'latin1').split('\n').slice(0, 1));
    peer.close();
    assert.throws(() => find(peer), { code: Code.unavailable, message: 'the connection is gone' });
  });

  it('is not told where there is more to read than any process has', () => {
    const peer = new FakePeer({ files: { cgroup: 'x'.repeat(64 * 1024 + 1) } });
    const find = containerLocator({ own: ownProcess(), usesMounts: false });
    assert.throws(() => find(peer), { message: '/proc cgroup is longer than 65536 bytes' });
  });
});
