/** http_challenge on the server: whom it asks, whom it does not, and hosts that lie, redirect, dawdle or say too much. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { fetchNonce, isAllowed } from '../../../server/attest-node/fetch-nonce.ts';
import { addressesInHosts } from '../../../server/attest-node/host-addresses.ts';
import { HttpChallengeAttestor } from '../../../server/attest-node/http-challenge.ts';
import { utf8 } from '../../../shared/bytes.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { load } from '../config/load-sketch.ts';

const trustDomain = TrustDomain.parse('example.org');
const clock = new FakeClock();
const PATH = '/.well-known/spiffe/nodeattestor/http_challenge/default/challenge';
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close().closeAllConnections();
});

const pluginsOf = (data: string): string =>
  `KeyManager "memory" {}\nNodeAttestor "http_challenge" { plugin_data { ${data} } }`;

function attestor(data = 'allow_loopback = true', addressesOf = async () => ['127.0.0.1']) {
  const [config] = load({ plugins: pluginsOf(data) }).config.nodeAttestors;
  assert.ok(config?.kind === 'http_challenge');
  return new HttpChallengeAttestor(config, { trustDomain, clock, random: new FakeRandom(), addressesOf });
}

const listening = async (listener: RequestListener): Promise<number> => {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

interface Attempt {
  readonly claim: Readonly<Record<string, unknown>>;
  /** Told the nonce. */
  readonly onChallenge?: (nonce: string) => void;
  readonly address?: string;
}

const prove = (
  to: HttpChallengeAttestor,
  { claim, onChallenge = () => {}, address = '192.0.2.1' }: Attempt,
) =>
  to.prove({
    payload: utf8(JSON.stringify({ hostname: 'node-1.example.org', agentname: 'default', ...claim })),
    challenge: async (challenge) => {
      onChallenge((JSON.parse(Buffer.from(challenge).toString()) as { nonce: string }).nonce);
      return utf8('\n');
    },
    address,
  });

/** A host that answers so. */
const asking = async (answer: (nonce: string) => RequestListener, to = attestor()) => {
  let nonce = '';
  const port = await listening((request, response) => answer(nonce)(request, response));
  return prove(to, { claim: { port }, onChallenge: (given) => (nonce = given) });
};

describe('http_challenge proves', () => {
  test('the host whose name leads to who has the nonce, once', async () => {
    const asked: (string | undefined)[] = [];
    const node = await asking((nonce) => (request, response) => {
      asked.push(request.url, request.headers.host?.replace(/:\d+$/, ''));
      response.end(` ${nonce}\r\n`);
    });
    assert.equal(node.id.toString(), 'spiffe://example.org/spire/agent/http_challenge/node-1.example.org');
    assert.deepEqual(node.selectors, [{ type: 'http_challenge', value: 'hostname:node-1.example.org' }]);
    assert.equal(node.canReattest, false);
    assert.deepEqual(asked, [PATH, 'node-1.example.org']);
  });

  test('a name in capitals as the same host', async () => {
    let nonce = '';
    const port = await listening((_, response) => response.end(nonce));
    const claim = { hostname: 'Node-1.Example.ORG', port };
    const { id } = await prove(attestor(), { claim, onChallenge: (given) => (nonce = given) });
    assert.equal(id.path, '/spire/agent/http_challenge/node-1.example.org');
  });

  test('a host as often as it likes, where it need not be the first', async () => {
    const [config] = load({ plugins: pluginsOf('allow_non_root_ports = false tofu = false') }).config
      .nodeAttestors;
    assert.ok(config?.kind === 'http_challenge');
    const open = { ...config, allowsNonRootPorts: true, allowsLoopback: true }; // no test may listen below 1024
    const needs = { trustDomain, clock, random: new FakeRandom(), addressesOf: async () => ['127.0.0.1'] };
    const node = await asking(
      (nonce) => (_, response) => response.end(nonce),
      new HttpChallengeAttestor(open, needs),
    );
    assert.equal(node.canReattest, true);
  });
});

describe('http_challenge refuses, without asking anybody,', () => {
  const never = attestor('allowed_dns_patterns = ["^node-[0-9]+\\\\.example\\\\.org$"]', () => assert.fail());
  for (const [claim, message] of [
    [{ port: 0 }, 'port is invalid'],
    [{ port: 65_536 }, 'port is invalid'],
    [{ port: 1.5 }, 'port is invalid'],
    [{ port: '80' }, 'failed to unmarshal data'],
    [{ hostname: ['a'], port: 80 }, 'failed to unmarshal data'],
    [{ agentname: '', port: 80 }, 'agent name is not valid'],
    [{ agentname: '../x', port: 80 }, 'agent name is not valid'],
    [{ agentname: 'a'.repeat(33), port: 80 }, 'agent name is not valid'],
    [{ hostname: 'localhost', port: 80 }, 'you can not use localhost as a hostname'],
    [{ hostname: 'LocalHost.', port: 80 }, 'you can not use localhost as a hostname'],
    [{ hostname: 'a.localhost', port: 80 }, 'you can not use localhost as a hostname'],
    ...[
      '',
      '127.0.0.1',
      '127.1',
      '0x7f000001',
      '2130706433',
      '[::1]',
      'a:80',
      'a/b',
      'a..b',
      'a.',
      '-a',
      'a@b',
      'a b',
      'ü.example',
      `${'a'.repeat(64)}.org`,
      'a.'.repeat(130) + 'a',
      '10.0x1',
    ].map((hostname) => [{ hostname, port: 80 }, 'hostname is not valid'] as const),
    [
      { hostname: 'node-1.example.org.evil.net', port: 80 },
      'the requested hostname is not allowed to connect',
    ],
    [{ hostname: 'other', port: 80 }, 'the requested hostname is not allowed to connect'],
  ] as const)
    test(`${JSON.stringify(claim).slice(0, 80)}: ${message}`, async () => {
      const refused = /localhost|allowed to connect/.test(message)
        ? Code.permissionDenied
        : Code.invalidArgument;
      await assert.rejects(prove(never, { claim, onChallenge: () => assert.fail() }), {
        code: refused,
        message,
      });
    });

  test('a port that is not the one required, or for anybody where root is wanted', async () => {
    const message = 'port 80 is not allowed to be used by this server';
    await assert.rejects(prove(attestor('required_port = 81'), { claim: { port: 80 } }), { message });
    const high = 'port 1024 is not allowed to be >= 1024';
    const root = attestor('allow_non_root_ports = false');
    await assert.rejects(prove(root, { claim: { port: 1_024 } }), { message: high });
  });
});

/** The caller hears that it failed; why is for the log. */
const denies = (attempt: Promise<unknown>, why: RegExp) =>
  assert.rejects(attempt, (error: unknown) => {
    assert.ok(error instanceof CodedError);
    assert.deepEqual([error.code, error.message], [Code.permissionDenied, 'challenge verification failed']);
    assert.match(String(error.cause), why);
    assert.doesNotMatch(error.message + String(error.cause), /secret/);
    return true;
  });

describe('http_challenge does not believe', () => {
  test('a host that lies, redirects, says too much, or breaks off', async () => {
    const elsewhere = await listening((_, response) => response.end('secret'));
    for (const [answer, why] of [
      [() => (_request, response) => response.end('secret'), /its answer is not the nonce/],
      [(nonce) => (_, response) => response.end(nonce.slice(0, -1)), /its answer is not the nonce/],
      [(nonce) => (_, response) => response.end(`${nonce}${' '.repeat(60)}`), /more than 64 bytes/],
      [() => (_, response) => response.writeHead(404).end('secret'), /status 404/],
      [
        () => (_, response) => response.writeHead(302, { location: `http://127.0.0.1:${elsewhere}/` }).end(),
        /status 302/,
      ],
      [() => (request) => request.socket.destroy(), /socket hang up|ECONNRESET/],
      [() => (_, response) => response.writeHead(200, { 'x-long': 'x'.repeat(9_000) }).end(), /[Hh]eader/],
    ] as readonly (readonly [(nonce: string) => RequestListener, RegExp])[])
      await denies(asking(answer), why);
  });

  test('a host that takes longer than ten seconds, by its name or its answer', async () => {
    let hasCome: () => void = () => {};
    const came = new Promise<void>((resolve) => (hasCome = resolve));
    const dawdling = denies(
      asking(() => () => hasCome()),
      /longer than 10 s/,
    );
    await came;
    await clock.advance(10_000);
    await dawdling;
    const unresolved = denies(
      prove(
        attestor('', () => new Promise(() => {})),
        { claim: { port: 80 } },
      ),
      /longer than 10 s/,
    );
    await clock.advance(10_000);
    await unresolved;
  });

  test('a host whose name leads nowhere, or where no host has its name', async () => {
    const nowhere = attestor('', async () => Promise.reject(new Error('no address of it was found')));
    await denies(prove(nowhere, { claim: { port: 80 } }), /no address of it was found/);
    const own = attestor('', async () => ['127.0.0.1', '169.254.169.254', '::1']);
    await denies(prove(own, { claim: { port: 80 } }), /addresses are not allowed: 127\.0\.0\.1, 169/);
  });

  test('more hosts at once than it has room for, of one address and of all', async () => {
    const busy = attestor('', () => new Promise(() => {}));
    const from = (address: string) => prove(busy, { claim: { port: 80 }, address });
    const full = { code: Code.resourceExhausted };
    const waiting = Array.from({ length: 4 }, () => from('192.0.2.1'));
    await clock.advance(0);
    await assert.rejects(from('192.0.2.1'), full);
    for (let at = 0; at < 60; at += 1) waiting.push(from(`192.0.2.${2 + Math.floor(at / 4)}`));
    await clock.advance(0);
    await assert.rejects(from('192.0.2.200'), full);
    const ends = Promise.allSettled(waiting);
    await clock.advance(10_000);
    const reasons = (await ends).map((end) =>
      end.status === 'rejected' ? (end.reason as CodedError).code : 0,
    );
    assert.deepEqual(new Set(reasons), new Set([Code.permissionDenied])); // each was tried
    const again = from('192.0.2.1');
    again.catch(() => {});
    await clock.advance(10_000);
    await assert.rejects(again, { code: Code.permissionDenied });
  });
});

test('it connects to the addresses that it checked, and asks for no others', async () => {
  const port = await listening((_, response) => response.end('here'));
  let lookups = 0;
  const addressesOf = async () => {
    lookups += 1;
    return ['169.254.169.254', '127.0.0.1'];
  };
  const claim = { hostname: 'rebound.example.org', agentname: 'default', port };
  assert.equal(await fetchNonce({ clock, addressesOf, allowsLoopback: true }, claim), 'here');
  assert.equal(lookups, 1);
});

test('private networks are where nodes are; this machine, its link and everybody are not', () => {
  const all = [
    '10.0.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '203.0.113.1',
    'fd00::1',
    '2001:db8::1',
    '64:ff9b::cb00:7101', // 203.0.113.1 by NAT64
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '0.0.0.0',
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    'fe80::1',
    'ff02::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '64:ff9b::a9fe:a9fe', // 169.254.169.254 by NAT64
    '::a9fe:a9fe', // and as IPv4-compatible
  ];
  assert.deepEqual(
    all.filter((address) => isAllowed(address, false)),
    all.slice(0, 7),
  );
  assert.deepEqual(
    all.filter((address) => isAllowed(address, true)),
    all.slice(0, 12),
  );
});

test('the hosts file is read as hosts(5) has it', () => {
  const text =
    '127.0.0.1 localhost\n10.1.2.3\tNode-1.example.org node-1 # node-2\n#10.9.9.9 node-1\nnonsense node-1\nfd00::1 node-1';
  assert.deepEqual(addressesInHosts(text, 'node-1'), ['10.1.2.3', 'fd00::1']);
  assert.deepEqual(addressesInHosts(text, 'node-1.example.org'), ['10.1.2.3']);
  assert.deepEqual(addressesInHosts(text, 'node-2'), []);
});
