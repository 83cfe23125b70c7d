/** A server half of x509pop that trusts a PKI of its own, and agents that come to it. Used by the tests beside it. */
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509PopAttestor } from '../../../server/attest-node/x509pop.ts';
import { toBase64, utf8 } from '../../../shared/bytes.ts';
import { answerChallenge } from '../../../shared/crypto/possession.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { type NodeIdentity, NodePki } from '../../fakes/node-pki.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { load } from '../config/load-sketch.ts';

export const clock = new FakeClock();
export const random = new FakeRandom();
const trustDomain = TrustDomain.parse('example.org');

export interface Attempt {
  readonly payload?: Uint8Array;
  readonly challenge?: (challenge: Uint8Array) => Promise<Uint8Array>;
  readonly address?: string | undefined;
}

export class X509PopRig {
  readonly pki: NodePki;
  readonly directory: string;
  readonly rootPath: string;

  private constructor(pki: NodePki, directory: string) {
    this.pki = pki;
    this.directory = directory;
    this.rootPath = join(directory, 'root.pem');
    writeFileSync(this.rootPath, pki.rootPem);
  }

  static async make(): Promise<X509PopRig> {
    return new X509PopRig(await NodePki.make(clock.now()), mkdtempSync(join(tmpdir(), 'writ-x509pop-')));
  }

  attestor(more = '', data = `ca_bundle_path = "${this.rootPath}"`): X509PopAttestor {
    const plugins = `KeyManager "memory" {}\nNodeAttestor "x509pop" { plugin_data { ${data} ${more} } }`;
    const [config] = load({ plugins }).config.nodeAttestors;
    assert.ok(config?.kind === 'x509pop');
    const ownAuthorities = () => [this.pki.root.certificate.raw];
    return new X509PopAttestor(config, { trustDomain, clock, random, ownAuthorities });
  }

  prove(node: NodeIdentity, attempt: Attempt = {}, to = this.attestor()) {
    return to.prove({
      payload: payloadOf(node),
      challenge: signedBy(node.key),
      address: '192.0.2.7',
      ...attempt,
    });
  }

  stop(): void {
    rmSync(this.directory, { recursive: true });
  }
}

const payloadOf = ({ chain }: Pick<NodeIdentity, 'chain'>): Uint8Array =>
  utf8(JSON.stringify({ certificates: chain.map(toBase64) }));

export const signedBy =
  (key: KeyObject) =>
  async (challenge: Uint8Array): Promise<Uint8Array> =>
    answerChallenge(key, challenge, random.bytes(32));
