import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import {
  kubeletClient,
  type KubeletClientDeps,
} from '../../../../agent/attest-workload/k8s/kubelet-client.ts';
import type { KubeletConfig, KubeletLogin } from '../../../../agent/config/k8s-attestor-fields.ts';
import { Code } from '../../../../shared/errors.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeKubelet, type FakeKubeletOptions } from '../../../fakes/kubelet.ts';
import { FakeLog } from '../../../fakes/log.ts';
import { isRefusal } from '../../../refusal.ts';

interface Asking {
  readonly options?: FakeKubeletOptions;
  readonly kubelet?: (kubelet: FakeKubelet) => Partial<Extract<KubeletConfig, { kind: 'secure' }>>;
  readonly login?: (kubelet: FakeKubelet) => KubeletLogin;
  readonly deps?: Partial<KubeletClientDeps>;
}

async function asking(t: TestContext, { options = {}, kubelet: more, login, deps = {} }: Asking = {}) {
  const [kubelet, clock, log] = [await FakeKubelet.start(t, options), new FakeClock(), new FakeLog()];
  const config: KubeletConfig =
    options.isReadOnly === true
      ? { kind: 'read-only', port: kubelet.port }
      : {
          kind: 'secure',
          port: kubelet.port,
          caPath: kubelet.caPath,
          login: login?.(kubelet) ?? { kind: 'token', path: kubelet.tokenPath },
          reloadIntervalMs: 60_000,
          ...more?.(kubelet),
        };
  const client = kubeletClient({ kubelet: config, nodeName: undefined, clock, log, ...deps });
  const ask = async (): Promise<string> =>
    Buffer.from(await client.listPods(new AbortController().signal)).toString();
  return { kubelet, client, clock, log, ask };
}

const refused = (text: RegExp) => isRefusal(Code.internal, text);

describe('the client of the kubelet', () => {
  it('logs in with a token, and does not mind the name in the certificate on its own machine', async (t) => {
    const { kubelet, ask } = await asking(t);
    assert.equal(await ask(), kubelet.pods);
  });

  it('logs in with a client certificate', async (t) => {
    const login = ({ certificatePath, keyPath }: FakeKubelet): KubeletLogin => ({
      kind: 'certificate',
      certificatePath,
      keyPath,
    });
    const { kubelet, ask } = await asking(t, { login });
    assert.equal(await ask(), kubelet.pods);
  });

  it('asks without a login, where the kubelet allows that', async (t) => {
    const login = (): KubeletLogin => ({ kind: 'anonymous' });
    const { ask, kubelet } = await asking(t, { login, options: { isAnonymousAllowed: true } });
    assert.equal(await ask(), kubelet.pods);
    const other = await asking(t, { login });
    await assert.rejects(
      other.ask(),
      refused(/^unexpected status code on pods response: 401 Unauthorized: /),
    );
  });

  it('asks on the read-only port without TLS and without the token', async (t) => {
    const { kubelet, ask } = await asking(t, { options: { isReadOnly: true } });
    assert.equal(await ask(), kubelet.pods);
  });

  it('wants the name that it calls in the certificate', async (t) => {
    const named = await asking(t, { options: { names: ['localhost'] }, deps: { nodeName: 'localhost' } });
    assert.equal(await named.ask(), named.kubelet.pods);
    const other = await asking(t, { options: { names: ['node2'] }, deps: { nodeName: 'localhost' } });
    await assert.rejects(other.ask(), refused(/^unable to perform request: .*set node_name to a name/s));
    assert.equal(other.kubelet.requests, 0);
  });

  it('shows no token to a kubelet of another CA', async (t) => {
    const stranger = await FakeKubelet.start(t);
    const { kubelet, ask } = await asking(t, { kubelet: () => ({ caPath: stranger.caPath }) });
    await assert.rejects(
      ask(),
      refused(/^unable to perform request: .*its certificate is not of kubelet_ca_path/s),
    );
    assert.equal(kubelet.requests, 0);
  });

  it('believes anybody where verification is skipped', async (t) => {
    const { kubelet, ask } = await asking(t, {
      kubelet: () => ({ caPath: undefined }),
      deps: { nodeName: 'localhost' },
    });
    assert.equal(await ask(), kubelet.pods);
  });

  it('reads an expired token anew at once, and tells nobody what it is', async (t) => {
    const { kubelet, ask } = await asking(t);
    await ask();
    kubelet.token = 'second-token';
    await assert.rejects(ask(), (error) => {
      refused(/401 Unauthorized: .*token_path/)(error);
      assert.doesNotMatch(String(error), /first-token/);
      return true;
    });
    writeFileSync(kubelet.tokenPath, kubelet.token);
    assert.equal(await ask(), kubelet.pods);
  });

  it('reads its files again after the interval, and goes on with the old ones where it cannot', async (t) => {
    const { kubelet, ask, clock, log } = await asking(t);
    await ask();
    rmSync(kubelet.tokenPath);
    await clock.advance(59_999);
    await ask();
    assert.deepEqual(log.lines, []);
    await clock.advance(1);
    await ask();
    await ask();
    assert.deepEqual(
      log.lines.map(({ message }) => message),
      ['what the kubelet is called with cannot be read again'],
    );
    kubelet.token = 'second-token';
    writeFileSync(kubelet.tokenPath, kubelet.token);
    await clock.advance(60_000);
    assert.equal(await ask(), kubelet.pods);
  });

  it('says which right is missing', async (t) => {
    const { kubelet, ask } = await asking(t);
    kubelet.mayListPods = false;
    await assert.rejects(
      ask(),
      refused(/403 Forbidden \(user=.*nodes, subresource=proxy\): .*verb get on nodes\/proxy/),
    );
  });

  for (const [what, break_, telling] of [
    [
      'a token file that is not there',
      (k: FakeKubelet) => rmSync(k.tokenPath),
      /^unable to load token: .*ENOENT/,
    ],
    [
      'a token with a line end in it',
      (k: FakeKubelet) => writeFileSync(k.tokenPath, 'secret\r\nX: y'),
      /^unable to load token: what is in .* is no token$/,
    ],
    [
      'a token that is endless',
      (k: FakeKubelet) => writeFileSync(k.tokenPath, 'x'.repeat(1_048_577)),
      /longer than 1048576 bytes$/,
    ],
    [
      'CAs that are none',
      (k: FakeKubelet) => writeFileSync(k.caPath, 'nothing'),
      /^unable to parse kubelet CA: there is no certificate/,
    ],
  ] as const)
    it(`refuses ${what}, without a call, and says so from the start`, async (t) => {
      const login = (broken: FakeKubelet): KubeletLogin => {
        break_(broken);
        return { kind: 'token', path: broken.tokenPath };
      };
      const { kubelet, ask, log } = await asking(t, { login });
      assert.deepEqual(
        log.lines.map(({ level, message }) => [level, message]),
        [['error', 'the kubelet cannot be called']],
      );
      await assert.rejects(ask(), isRefusal(Code.invalidArgument, telling));
      assert.equal(kubelet.requests, 0);
    });

  it('refuses a key that is not that of the certificate', async (t) => {
    const login = ({ certificatePath, tokenPath }: FakeKubelet): KubeletLogin => ({
      kind: 'certificate',
      certificatePath,
      keyPath: tokenPath,
    });
    const { ask } = await asking(t, { login });
    await assert.rejects(ask(), isRefusal(Code.invalidArgument, /^unable to load keypair: /));
  });

  it('takes no more than so many bytes', async (t) => {
    const { kubelet, ask } = await asking(t, { deps: { maxBytes: 1_000 } });
    kubelet.pods = 'x'.repeat(1_001);
    await assert.rejects(ask(), refused(/^unable to read pods response: it is longer than 1000 bytes$/));
  });

  it('takes no half of a list', async (t) => {
    const { kubelet, ask } = await asking(t);
    kubelet.answer = (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"items":[]}', () => response.destroy());
    };
    await assert.rejects(ask(), refused(/^unable to read pods response: aborted$/));
  });

  it('goes nowhere else', async (t) => {
    const { kubelet, ask } = await asking(t);
    kubelet.answer = (response) => response.writeHead(302, { location: '/elsewhere' }).end();
    await assert.rejects(ask(), refused(/^unexpected status code on pods response: 302 $/));
    assert.equal(kubelet.requests, 1);
  });

  it('repeats of a refusal what fits on a line', async (t) => {
    const { kubelet, ask } = await asking(t);
    kubelet.answer = (response) => response.writeHead(500).end(`no\n\u001b[2J${'x'.repeat(5_000)}`);
    await assert.rejects(ask(), (error) => {
      refused(/^unexpected status code on pods response: 500 no\\n\\x1b\[2Jx+$/)(error);
      assert.ok(String(error).length < 1_200);
      return true;
    });
  });

  it('says what to do where nobody answers', async (t) => {
    const { client } = await asking(t, { kubelet: () => ({ port: 1 }) });
    await assert.rejects(client.listPods(new AbortController().signal), refused(/ECONNREFUSED.*hostNetwork/));
  });

  it('gives up when it is told to', async (t) => {
    const { kubelet, client } = await asking(t);
    const caller = new AbortController();
    kubelet.answer = () => caller.abort();
    await assert.rejects(client.listPods(caller.signal), refused(/^unable to perform request: /));
  });
});
