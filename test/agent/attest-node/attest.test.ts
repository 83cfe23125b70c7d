import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { type AttestationServer, type AttestRequest, attestNode } from '../../../agent/attest-node/attest.ts';
import { joinToken } from '../../../agent/attest-node/join-token.ts';
import type { NodeAttestor } from '../../../agent/attest-node/node-attestor.ts';
import { MemoryKeyManager } from '../../../agent/key-manager/memory.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { SecretText } from '../../../shared/config/secret-text.ts';
import { invalidArgument, unavailable } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';

const TD = TrustDomain.parse('example.org');
const never = new AbortController().signal;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('attesting the node', () => {
  const clock = new FakeClock();
  let authority: FakeAuthority;
  let requests: AttestRequest[];
  let failures: Error[];

  beforeEach(async () => {
    authority = await FakeAuthority.make(
      'example.org',
      addSeconds(clock.now(), -60),
      addSeconds(clock.now(), 86_400),
    );
    requests = [];
    failures = [];
  });

  const server = (spiffeId = 'spiffe://example.org/spire/agent/join_token/t'): AttestationServer => ({
    attestAgent: async (request) => {
      requests.push(request);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const life = { notBefore: clock.now(), notAfter: addSeconds(clock.now(), 3_600) };
      return { chain: [await authority.issueFor(request.csr, { ...life, spiffeId })], canReattest: false };
    },
    getBundle: async () => ({
      trustDomain: TD,
      x509Authorities: [{ certificate: authority.root.raw, tainted: false }],
      jwtAuthorities: [],
      witAuthorities: [],
      refreshHintSeconds: 0,
      sequenceNumber: 3,
    }),
  });

  const attest = (
    from = server(),
    attestor: NodeAttestor = joinToken({ token: new SecretText('t'), file: undefined }),
  ) =>
    attestNode(
      {
        server: from,
        attestor,
        keys: new MemoryKeyManager(),
        keyId: () => 'agent-svid-A',
        trustDomain: TD,
        clock,
        random: new FakeRandom(),
        log: new FakeLog(),
      },
      never,
    );

  it('sends the token and a CSR, and takes the SVID and the bundle', async () => {
    const { agentSvid, bundle } = await attest();
    assert.equal(requests[0]?.type, 'join_token');
    assert.equal(text(requests[0]?.payload ?? new Uint8Array()), 't');
    assert.equal(agentSvid.svid.id.toString(), 'spiffe://example.org/spire/agent/join_token/t');
    assert.equal(bundle.sequenceNumber, 3);
  });

  it('tries again while the server is away, with a fresh key each time', async () => {
    failures = [unavailable('away'), unavailable('away')];
    const attesting = attest();
    await clock.advance(20_000);
    await attesting;
    assert.equal(requests.length, 3);
    assert.equal(new Set(requests.map(({ csr }) => Buffer.from(csr).toString('hex'))).size, 3);
  });

  it('gives up after a minute', async () => {
    failures = Array.from({ length: 50 }, () => unavailable('away'));
    const refused = assert.rejects(attest(), { message: 'node attestation failed: away' });
    await clock.advance(61_000);
    await refused;
    assert.ok(requests.length >= 5, `${requests.length} attempts`);
  });

  it('gives up at once where another attempt would be refused too', async () => {
    failures = [invalidArgument('failed to attest: join token expired')];
    await assert.rejects(attest(), /join token expired/);
  });

  it('refuses an SVID that is not an agent of the trust domain', async () => {
    const refused = assert.rejects(attest(server('spiffe://example.org/web')), /which is not an agent's ID/);
    await clock.advance(61_000);
    await refused;
  });
});

describe('the join token attestor', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-token-'));
  const path = join(directory, 'token');

  it('reads the token from its file, without the newline', async () => {
    writeFileSync(path, 'from-file\n');
    assert.equal(text((await joinToken({ token: undefined, file: path }).begin()).payload), 'from-file');
    rmSync(directory, { recursive: true });
  });

  it('says what to do where there is no token, no file, or nothing in it', async () => {
    await assert.rejects(joinToken({ token: undefined, file: undefined }).begin(), /`server token generate`/);
    await assert.rejects(
      joinToken({ token: undefined, file: '/no/such/file' }).begin(),
      /join token file \/no\/such\/file/,
    );
    await assert.rejects(joinToken({ token: new SecretText(''), file: undefined }).begin(), /empty/);
    await assert.rejects(
      joinToken({ token: new SecretText('x'.repeat(256)), file: undefined }).begin(),
      /longer/,
    );
  });

  it('knows no answer to a challenge', async () => {
    const proof = await joinToken({ token: new SecretText('t'), file: undefined }).begin();
    await assert.rejects(proof.answer(new Uint8Array()), /challenge/);
  });
});
