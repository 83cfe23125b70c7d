/** x509pop on the server: every piece of forged evidence; the caller hears that it is refused, the log why. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { addSeconds } from '../../../shared/clock.ts';
import { fromBase64, toBase64, utf8 } from '../../../shared/bytes.ts';
import { answerChallenge } from '../../../shared/crypto/possession.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { type NodeIdentity, NodePki } from '../../fakes/node-pki.ts';
import { clock, random, signedBy, X509PopRig } from './x509pop-rig.ts';

let rig: X509PopRig;

before(async () => {
  rig = await X509PopRig.make();
});
after(() => rig.stop());

/** Each denial: SPIRE's words for the caller, and the reason for the log. */
const denies = async (attempt: Promise<unknown>, message: string, why?: RegExp): Promise<void> => {
  await assert.rejects(attempt, (error: unknown) => {
    assert.ok(error instanceof CodedError);
    assert.equal(error.message, message);
    if (why === undefined) assert.equal(error.code, Code.invalidArgument);
    else {
      assert.equal(error.code, Code.permissionDenied);
      assert.match(String(error.cause), why);
    }
    return true;
  });
};

const NOUGHT = toBase64(new Uint8Array(32));

describe('x509pop refuses', () => {
  test('a chain that no root vouches for, at this time, as that of a node', async () => {
    const foreign = await NodePki.make(clock.now(), 'Machines');
    const self = await NodePki.make(clock.now(), 'Self');
    const past = { notBefore: addSeconds(clock.now(), -7_200), notAfter: addSeconds(clock.now(), -1) };
    const future = { notBefore: addSeconds(clock.now(), 1), notAfter: addSeconds(clock.now(), 7_200) };
    const whole = await rig.pki.leaf();
    const cases: readonly (readonly [NodeIdentity, RegExp])[] = [
      [await rig.pki.leaf(past), /leaf certificate has expired/],
      [await rig.pki.leaf(future), /leaf certificate is not valid before/],
      [await foreign.leaf(), /signature is invalid/],
      [await self.leaf({ isDirect: true }), /signed by none of the roots/],
      [{ ...whole, chain: whole.chain.slice(0, 1) }, /signed by none of the roots/],
      [
        await rig.pki.leaf({ isCa: true, keyUsage: ['digitalSignature', 'keyCertSign'] }),
        /leaf certificate is a CA/,
      ],
      [{ key: whole.key, chain: [rig.pki.root.certificate.raw] }, /leaf certificate is a CA/],
    ];
    for (const [node, why] of cases) await denies(rig.prove(node), 'certificate verification failed', why);
  });

  test('RSA keys that are too small, or larger than is allowed', async () => {
    const small = await rig.pki.leaf({
      key: generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey,
    });
    await denies(rig.prove(small), 'certificate verification failed', /RSA key has 1024 bits/);
    const large = await rig.pki.leaf({
      key: generateKeyPairSync('rsa', { modulusLength: 2_560 }).privateKey,
    });
    const strict = rig.attestor('max_rsa_key_size = 2048');
    await denies(
      rig.prove(large, {}, strict),
      'certificate verification failed',
      /2560 bits, where at most 2048/,
    );
  });

  test('a certificate that is not for signatures', async () => {
    for (const keyUsage of [['keyEncipherment'], []] as const)
      await denies(
        rig.prove(await rig.pki.leaf({ keyUsage })),
        'unable to generate challenge',
        /not intended for digital signature use/,
      );
    const key = generateKeyPairSync('ed25519').privateKey;
    await denies(rig.prove(await rig.pki.leaf({ key })), 'unable to generate challenge', /ed25519/);
  });

  const unproven = 'challenge response verification failed';

  test('a signature by another key, or that was made for another challenge', async () => {
    const node = await rig.pki.leaf();
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const why = /ECDSA signature verify failed/;
    await denies(rig.prove(node, { challenge: signedBy(other) }), unproven, why);
    const answers: Uint8Array[] = [];
    const recorded = async (challenge: Uint8Array): Promise<Uint8Array> => {
      answers.push(await signedBy(node.key)(challenge));
      return answers[0] ?? assert.fail();
    };
    await rig.prove(node, { challenge: recorded });
    await denies(rig.prove(node, { challenge: recorded }), unproven, why);
  });

  test('a signature whose nonce was changed, or of another kind than the key', async () => {
    const node = await rig.pki.leaf();
    const tampered = async (challenge: Uint8Array): Promise<Uint8Array> => {
      const answer = JSON.parse(Buffer.from(await signedBy(node.key)(challenge)).toString()) as {
        readonly ecdsa_signature: { nonce: string };
      };
      const nonce = fromBase64(answer.ecdsa_signature.nonce) ?? assert.fail();
      nonce[0] = (nonce[0] ?? 0) ^ 1;
      answer.ecdsa_signature.nonce = toBase64(nonce);
      return utf8(JSON.stringify(answer));
    };
    await denies(rig.prove(node, { challenge: tampered }), unproven, /ECDSA signature verify failed/);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
    const question = utf8(`{"rsa_signature":{"nonce":"${NOUGHT}"}}`);
    const otherKind = async () => answerChallenge(rsa, question, random.bytes(32));
    await denies(rig.prove(node, { challenge: otherKind }), unproven, /expecting ECDSA response/);
  });

  test('an answer that is none', async () => {
    const node = await rig.pki.leaf();
    const long = toBase64(new Uint8Array(99));
    for (const [answer, why] of [
      ['', /unable to unmarshal/],
      ['null', /unable to unmarshal/],
      ['{"ecdsa_signature":[]}', /unable to unmarshal/],
      ['{"ecdsa_signature":{"nonce":"AAAA","r":"AA==","s":"AA=="}}', /invalid response nonce/],
      [`{"ecdsa_signature":{"nonce":"${NOUGHT}","r":"AA==","s":"AA=="}}`, /verify failed/],
      [`{"ecdsa_signature":{"nonce":"${NOUGHT}","r":"${long}","s":"AA=="}}`, /verify failed/],
      [`{"ecdsa_signature":{"nonce":"${NOUGHT}","r":7}}`, /verify failed/],
      [`{"ecdsa_signature":{"nonce":"${'A'.repeat(20_000)}"}}`, /unable to unmarshal/],
    ] as const)
      await denies(rig.prove(node, { challenge: async () => utf8(answer) }), unproven, why);
  });

  test('a payload that is none, too long, or has too many certificates', async () => {
    const node = await rig.pki.leaf();
    const [leaf = new Uint8Array(), issuer = new Uint8Array()] = node.chain;
    const certificates = (...all: readonly unknown[]): Uint8Array =>
      utf8(JSON.stringify({ certificates: all }));
    for (const [payload, message] of [
      [utf8('{}'), 'no certificate to attest'],
      [utf8('[]'), 'failed to unmarshal data'],
      [certificates(7), 'failed to unmarshal data'],
      [certificates('not base64!'), 'failed to unmarshal data'],
      [utf8(`{"certificates":["${'A'.repeat(300_000)}"]}`), 'failed to unmarshal data'],
      [certificates('AAAA'), 'unable to parse leaf certificate'],
      [certificates(toBase64(leaf), 'AAAA'), 'unable to parse intermediate certificate 0'],
      [
        certificates(toBase64(leaf), ...Array.from({ length: 5 }, () => toBase64(issuer))),
        'more than 4 intermediate certificates',
      ],
    ] as const)
      await denies(rig.prove(node, { payload }), message);
  });

  test('a certificate of which its template makes no path', async () => {
    const named = (template: string) => rig.attestor(`agent_path_template = ${JSON.stringify(template)}`);
    const failed = 'failed to make spiffe id';
    for (const [commonName, why] of [
      ['../../server', /dot segments/],
      ['', /empty segments|trailing slash/],
      ['Zoë', /limited to letters/],
      ['x'.repeat(2_100), /longer than/],
    ] as const)
      await denies(
        rig.prove(await rig.pki.leaf({ commonName }), {}, named('/cn/{{ .Subject.CommonName }}')),
        failed,
        why,
      );
    await denies(
      rig.prove(await rig.pki.leaf(), {}, named('/{{ .URISanSelectors.dc }}')),
      failed,
      /has no "dc"/,
    );
    await denies(
      rig.prove(await rig.pki.leaf(), {}, named('{{ .Subject.CommonName }}')),
      failed,
      /no leading slash/,
    );
  });

  test('to begin with CAs that cannot be read', () => {
    for (const [path, why] of [
      ['/no/such.pem', /unable to load trust bundle "\/no\/such\.pem": .*ENOENT/],
      [import.meta.filename, /there is no certificate in it/],
    ] as const)
      assert.throws(() => rig.attestor('', `ca_bundle_path = "${path}"`), {
        code: Code.failedPrecondition,
        message: why,
      });
  });
});
