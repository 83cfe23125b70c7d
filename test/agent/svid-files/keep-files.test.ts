/** The helper whole, against a Workload API in memory: what it writes, tells and answers. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadHelperConfig } from '../../../agent/svid-files/config.ts';
import { help, helpOnce, type HelperNeeds } from '../../../agent/svid-files/keep-files.ts';
import type { HelperToken } from '../../../agent/svid-files/jwt-writers.ts';
import type { X509Context } from '../../../shared/client/x509-context.ts';
import type { Watcher } from '../../../shared/client/watch-stream.ts';
import { systemRandom } from '../../../shared/random.ts';
import { unavailable } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { makeContext } from './make-context.ts';

const X509 =
  'svid_file_name = "svid.pem" svid_key_file_name = "key.pem" svid_bundle_file_name = "bundle.pem"\n';

class FakeApi {
  context: X509Context | undefined;
  tokens: readonly HelperToken[] | undefined;
  asked: (readonly string[])[] = [];
  #watcher: Watcher<X509Context> | undefined;

  readonly workloadApi: HelperNeeds['workloadApi'] = {
    fetchX509Context: async () => this.context ?? this.#none(),
    watchX509Context: async (watcher, signal) => {
      this.#watcher = watcher;
      if (this.context === undefined) watcher.onError(unavailable('nobody there'));
      else watcher.onUpdate(this.context);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  };

  readonly jwtApi: HelperNeeds['jwtApi'] = {
    fetchTokens: async (audiences) => {
      this.asked.push(audiences);
      return this.tokens ?? this.#none();
    },
    bundles: async function* () {
      yield new Map([['example.org', Buffer.from('{"keys":[]}')]]);
    },
  };

  push(next: X509Context): void {
    this.#watcher?.onUpdate(next);
  }

  #none(): never {
    throw unavailable('nobody there');
  }
}

describe('the helper', () => {
  let directory = '';
  let api = new FakeApi();
  let log = new FakeLog();
  let clock = new FakeClock();
  let stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const at = (name: string): string => join(directory, name);
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  const needs = (text: string): HelperNeeds => {
    const { config } = loadHelperConfig({ path: 'c', text: `cert_dir = "${directory}"\n${text}`, flags: {} });
    return { config, ...api, log, clock, random: systemRandom };
  };
  const begin = (text: string): void => {
    running = help(needs(text), stop.signal);
  };
  const until = async (what: () => boolean): Promise<void> => {
    while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const said = (message: string): (() => boolean) => {
    return () => log.lines.some((line) => line.message.includes(message));
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'writ-helper-'));
    [api, log, clock, stop] = [new FakeApi(), new FakeLog(), new FakeClock(), new AbortController()];
    running = Promise.resolve();
  });
  afterEach(async () => {
    stop.abort();
    await running;
    rmSync(directory, { recursive: true });
  });

  it('writes everything once, and ends', async () => {
    api.context = await makeContext();
    api.tokens = [{ token: 'h.p.s', hint: '', expiresAt: new Date() }];
    const jwt =
      'jwt_bundle_file_name = "b.json" jwt_svids = [{jwt_audience="a" jwt_extra_audiences=["b"] jwt_svid_file_name="t"}]';
    await helpOnce(needs(X509 + jwt), stop.signal);
    const certificates = (name: string): number => read(name).match(/BEGIN CERTIFICATE/g)?.length ?? 0;
    assert.deepEqual([certificates('svid.pem'), certificates('bundle.pem')], [1, 1]);
    assert.match(read('key.pem'), /^-----BEGIN PRIVATE KEY-----/);
    assert.deepEqual(
      [statSync(at('key.pem')).mode & 0o777, statSync(at('svid.pem')).mode & 0o777],
      [0o600, 0o644],
    );
    assert.deepEqual([read('t'), api.asked], ['h.p.s', [['a', 'b']]]);
    assert.deepEqual(JSON.parse(read('b.json')), {
      'example.org': Buffer.from('{"keys":[]}').toString('base64'),
    });
  });

  it('fails when it is to write once and there is nothing', () =>
    assert.rejects(helpOnce(needs(X509), stop.signal), /nobody there/));

  it('takes the SVID of the hint, and roots of federated trust domains where they are wanted', async () => {
    api.context = await makeContext(['internal', 'external']);
    await helpOnce(needs(`${X509} hint = "external" include_federated_domains = true`), stop.signal);
    const [, external] = api.context.identities;
    assert.ok(external !== undefined);
    const body = Buffer.from(external.chain[0] ?? []).toString('base64');
    assert.equal(read('svid.pem').replaceAll(/-----.*-----|\n/g, ''), body);
    assert.equal(read('bundle.pem').match(/BEGIN CERTIFICATE/g)?.length, 2);
    await assert.rejects(
      helpOnce(needs(`${X509} hint = "none"`), stop.signal),
      /no X\.509-SVID has the hint "none"; there are "internal", "external"/,
    );
  });

  it('begins the command once the files are there, signals it at each change, ends it, and leaves nothing', async () => {
    const script = at('child.sh');
    writeFileSync(
      script,
      `trap 'echo renewed >> ${at('out')}' USR1; trap 'echo bye >> ${at('out')}; exit' TERM
cat ${at('svid.pem')} > /dev/null && echo begun >> ${at('out')}; while :; do sleep 0.01; done\n`,
    );
    begin(`${X509} cmd = "/bin/sh" cmd_args = "${script}" renew_signal = "SIGUSR1"`);
    const lines = (): string => {
      try {
        return read('out');
      } catch {
        return '';
      }
    };
    await until(said('no news of the X.509-SVID'));
    assert.equal(lines(), '');
    const first = await makeContext();
    api.push(first);
    await until(() => lines() === 'begun\n');
    api.push(first); // the same again: nobody is told
    api.push(await makeContext());
    await until(() => lines() === 'begun\nrenewed\n');
    stop.abort();
    await running;
    assert.equal(lines(), 'begun\nrenewed\nbye\n');
  });

  it('begins it anew at each change where that is asked for, and after it has ended by itself', async () => {
    api.context = await makeContext();
    begin(
      `${X509} cmd = "/bin/sh" cmd_args = "-c ""echo $$ >> ${at('out')}; exec sleep 1000""" restart_on_renew = true`.replaceAll(
        '""',
        '\\"',
      ),
    );
    const pids = (): readonly string[] => {
      try {
        return read('out').trim().split('\n');
      } catch {
        return [];
      }
    };
    await until(() => pids().length === 1);
    api.push(await makeContext());
    await until(() => pids().length === 2);
    assert.throws(() => process.kill(Number(pids()[0]), 0), /ESRCH/);
    process.kill(Number(pids()[1]), 'SIGKILL');
    await until(said('the command has ended'));
    api.push(await makeContext());
    await until(() => pids().length === 3);
  });

  it('says what is wrong with a command that cannot be run, and goes on writing', async () => {
    api.context = await makeContext();
    begin(`${X509} cmd = "/nowhere/x"`);
    await until(said('the command cannot be run'));
    const next = await makeContext();
    api.push(next);
    await until(
      () =>
        read('svid.pem').replaceAll(/-----.*-----|\n/g, '') ===
        Buffer.from(next.identities[0]?.chain[0] ?? []).toString('base64'),
    );
  });

  it('signals the process of a file, and warns when it is not there', async () => {
    const heard = Promise.withResolvers<void>();
    process.once('SIGWINCH', () => heard.resolve());
    api.context = await makeContext();
    begin(`${X509} pid_file_name = "${at('pid')}" renew_signal = "SIGWINCH"`);
    await until(said('was not told of the new files'));
    writeFileSync(at('pid'), String(process.pid));
    api.push(await makeContext());
    await heard.promise;
  });

  it('renews a JWT-SVID at half of its life, tries again after a failure, and keeps the file meanwhile', async () => {
    const token = (text: string) => [
      { token: text, hint: '', expiresAt: new Date(clock.now().getTime() + 60_000) },
    ];
    api.tokens = token('one');
    begin('jwt_svids = [{jwt_audience="a" jwt_svid_file_name="t"}]');
    await until(said('a JWT-SVID is written'));
    api.tokens = undefined;
    await clock.advance(31_500);
    await until(said('no JWT-SVID'));
    assert.equal(read('t'), 'one');
    api.tokens = token('two');
    await clock.advance(1_500);
    await until(() => read('t') === 'two');
  });
});

describe("the helper's probes", () => {
  it('answer live until a write fails, and ready once all is written', async () => {
    const { FileStatuses } = await import('../../../agent/svid-files/file-statuses.ts');
    const statuses = new FileStatuses();
    const seen = () => [statuses.answer('isLive').isHealthy, statuses.answer('isReady').isHealthy];
    statuses.expect('a');
    statuses.expect('b');
    assert.deepEqual(seen(), [true, false]);
    statuses.tell('a', 'written');
    statuses.tell('b', 'failed');
    assert.deepEqual(seen(), [false, false]);
    statuses.tell('b', 'written');
    assert.deepEqual(seen(), [true, true]);
    assert.deepEqual(statuses.answer('isLive').details, {
      file_write_statuses: { a: 'written', b: 'written' },
    });
  });
});
