import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainFailure } from '../../../../server/datastore/managed/explain-failure.ts';
import { Code } from '../../../../shared/errors.ts';

/** Lines as Postgres 15 and 18 and the dynamic linker print them. */
const failures: readonly (readonly [output: string, message: string])[] = [
  [
    '/x/bin/postgres: error while loading shared libraries: libxml2.so.2: cannot open shared object file: No such file or directory',
    'system library libxml2.so.2 is missing: install it, or run "apt-get install postgresql"',
  ],
  [
    'creating configuration files ... initdb: error: could not write file "/x/data/PG_VERSION": No space left on device',
    'disk is full: make room in the database directory',
  ],
  [
    'initdb: error: could not look up effective user ID 12345: user does not exist',
    'uid 12345 is no user of this machine: add it to /etc/passwd',
  ],
  [
    'initdb: error: invalid locale settings; check LANG and LC_* environment variables',
    'locale "C" is missing: run "apt-get install locales"',
  ],
  [
    '2026-01-01 UTC [1] FATAL:  could not create shared memory segment: No space',
    'not enough shared memory: give the machine or the container more',
  ],
  [
    '2026-01-01 UTC [1] LOG:  starting\n2026-01-01 UTC [1] FATAL:  lock file "x" is empty\n',
    'lock file "x" is empty',
  ],
  ['', 'no reason given'],
];

for (const [output, message] of failures) {
  test(`says "${message}"`, () => {
    const error = explainFailure('Postgres did not start', output);
    assert.equal(error.message, `Postgres did not start: ${message}`);
    assert.equal(error.code, Code.failedPrecondition);
  });
}
