/** The provider's door by HTTPS: what it speaks, and certificates that change. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { describe, it, type TestContext } from 'node:test';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import type { HttpsConfig } from '../../../../server/oidc/config/listen-fields.ts';
import { Code } from '../../../../shared/errors.ts';
import { isRefusal } from '../../../refusal.ts';
import { ServingFiles } from '../serving-files.ts';
import { listening, read } from './door.ts';

const https = ({ certificatePath, keyPath }: ServingFiles): HttpsConfig => ({
  kind: 'https',
  certificatePath,
  keyPath,
  syncIntervalSeconds: 60,
  address: { host: '127.0.0.1', port: 0 },
});

describe('the door of the documents, by HTTPS', () => {
  const NAME = 'oidc.example.org';
  const shown = (socket: TLSSocket): string => socket.getPeerX509Certificate()?.fingerprint256 ?? '';

  async function open(t: TestContext) {
    const files = await ServingFiles.make(t, [NAME]);
    const door = await listening(t, https(files));
    const options = { host: '127.0.0.1', port: door.port, servername: NAME, ca: files.caPem };
    const handshake = async (more: object = {}): Promise<TLSSocket> => {
      const socket = tlsConnect({ ...options, ...more });
      t.after(() => socket.destroy());
      await once(socket, 'secureConnect');
      return socket;
    };
    const asked = (more: RequestOptions = {}) =>
      read(tlsRequest({ ...options, path: '/hello', headers: { host: NAME }, agent: false, ...more }));
    return { ...door, files, handshake, asked };
  }

  it('shows the certificate of the files, and tells browsers to come by nothing else', async (t) => {
    const { asked } = await open(t);
    const { body, headers } = await asked();
    assert.equal(body, `hello ${NAME} true\n`);
    assert.equal(headers['strict-transport-security'], 'max-age=31536000');
  });

  it('speaks TLS 1.3 and 1.2, with what is still good', async (t) => {
    const { handshake } = await open(t);
    assert.equal((await handshake()).getProtocol(), 'TLSv1.3');
    assert.equal((await handshake({ maxVersion: 'TLSv1.2' })).getProtocol(), 'TLSv1.2');
    await assert.rejects(
      handshake({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    );
    await assert.rejects(handshake({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }));
  });

  it('shows another certificate once its files are renewed, and no open connection is lost', async (t) => {
    const { files, clock, handshake, asked, log } = await open(t);
    const agent = new TlsAgent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const before = shown(await handshake());
    assert.equal((await asked({ agent })).status, 200);
    const [kept] = Object.values(agent.freeSockets).flat();
    await files.renew([NAME, 'second.example.org']);
    await clock.advance(59_000);
    assert.equal(shown(await handshake()), before);
    await clock.advance(1_000);
    const renewed = await handshake({ servername: 'second.example.org' });
    assert.notEqual(shown(renewed), before);
    assert.equal((await handshake({ maxVersion: 'TLSv1.2' })).getProtocol(), 'TLSv1.2');
    assert.equal((await asked({ agent })).status, 200);
    const [still] = Object.values(agent.freeSockets).flat();
    assert.ok(kept !== undefined && still === kept, 'the same connection answers');
    assert.deepEqual(log.messages('info'), ['Serving HTTPS', 'serving certificate loaded']);
  });

  it('shows what there was while the files are half exchanged, missing or no certificate', async (t) => {
    const { files, clock, handshake, log } = await open(t);
    const before = shown(await handshake());
    const next = await files.renew([NAME], { write: false });
    const halves: readonly (readonly [string, () => void, RegExp])[] = [
      ['key', () => writeFileSync(files.keyPath, next.key), /key\.pem" is not that of the certificate in/],
      ['no certificate', () => writeFileSync(files.certificatePath, 'x'), /holds no certificate in PEM/],
      ['no key', () => rmSync(files.keyPath), /key\.pem" of serving_cert_file cannot be read: ENOENT/],
    ];
    for (const [what, spoil, telling] of halves) {
      spoil();
      await clock.advance(60_000);
      assert.equal(shown(await handshake()), before, what);
      const last = log.lines.at(-1);
      assert.deepEqual([last?.level, last?.message], ['error', 'serving certificate not loaded']);
      assert.match(String(last?.fields['error']), telling);
    }
    writeFileSync(files.keyPath, next.key, { mode: 0o644 });
    writeFileSync(files.certificatePath, next.certificate);
    await clock.advance(60_000);
    assert.notEqual(shown(await handshake()), before);
    assert.deepEqual(log.messages('warn'), [
      'every user of this machine can read the key of the serving certificate',
    ]);
  });

  it('says at each look that the certificate has expired', async (t) => {
    const { clock, log } = await open(t);
    clock.jump(new Date(clock.now().getTime() + 400 * 86_400_000));
    await clock.advance(60_000);
    assert.deepEqual(log.messages('error'), ['the serving certificate has expired']);
  });

  it('does not start without a pair that fits', async (t) => {
    const files = await ServingFiles.make(t, [NAME]);
    const refused = async (telling: RegExp) =>
      assert.rejects(listening(t, https(files)), isRefusal(Code.failedPrecondition, telling));
    writeFileSync(files.keyPath, (await files.renew([NAME], { write: false })).key);
    await refused(/is not that of the certificate/);
    writeFileSync(files.keyPath, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    await refused(/holds no private key in PEM/);
    writeFileSync(files.certificatePath, ' '.repeat(1_048_577));
    await refused(/cert\.pem" of serving_cert_file cannot be read: it is longer than 1048576 bytes/);
  });
});
