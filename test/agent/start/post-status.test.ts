import assert from 'node:assert/strict';
import { it } from 'node:test';
import { postStatus } from '../../../agent/start/post-status.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { VERSION } from '../../../shared/version.ts';
import { FakeLog } from '../../fakes/log.ts';

it('tells the server its version', async () => {
  const told: string[] = [];
  const log = new FakeLog();
  await postStatus({ agents: { postStatus: async (version) => void told.push(version) }, log });
  assert.deepEqual([told, log.lines], [[VERSION], []]);
});

const failures: readonly (readonly [what: string, code: Code, level: string])[] = [
  ['of a server that lets nobody call it, as SPIRE 1.13', Code.permissionDenied, 'debug'],
  ['of a server that does not have it', Code.unimplemented, 'debug'],
  ['of any other kind', Code.unavailable, 'warn'],
];
for (const [what, code, level] of failures) {
  it(`tells a failure ${what} as ${level}, and goes on`, async () => {
    const log = new FakeLog();
    const agents = { postStatus: () => Promise.reject(new CodedError(code, 'no')) };
    await postStatus({ agents, log });
    assert.deepEqual(
      log.lines.map((line) => [line.level, line.fields['error']]),
      [[level, 'no']],
    );
  });
}
