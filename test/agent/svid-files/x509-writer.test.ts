/** The X.509 files, when one message comes on the heels of another. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadHelperConfig } from '../../../agent/svid-files/config.ts';
import { FileStatuses } from '../../../agent/svid-files/file-statuses.ts';
import { X509Writer, type X509WriterNeeds } from '../../../agent/svid-files/x509-writer.ts';
import type { X509Context } from '../../../shared/client/x509-context.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { makeContext } from './make-context.ts';

const GAPS = 12; // more turns than the writer takes for one message

describe('the writer of X.509 files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-writer-'));
  after(() => rmSync(directory, { recursive: true }));

  it('writes the last of two messages, however shortly the second follows', async () => {
    const text = `cert_dir = "${directory}" svid_file_name = "s" svid_key_file_name = "k" svid_bundle_file_name = "b"`;
    const { config } = loadHelperConfig({ path: 'c', text, flags: {} });
    assert.ok(config.x509 !== undefined);
    let push: (context: X509Context) => void = () => assert.fail('nobody follows');
    const workloadApi: X509WriterNeeds['workloadApi'] = {
      fetchX509Context: () => assert.fail('it is to follow'),
      watchX509Context: async ({ onUpdate }) => void (push = onUpdate),
    };
    const writer = new X509Writer({
      config,
      names: config.x509,
      workloadApi,
      statuses: new FileStatuses(),
      onChange: async () => {},
      clock: new FakeClock(),
      log: new FakeLog(),
    });
    await writer.follow(new AbortController().signal);
    for (let gap = 0; gap < GAPS; gap += 1) {
      const [one, two] = [await makeContext(), await makeContext()];
      push(one);
      for (let turn = 0; turn < gap; turn += 1) await Promise.resolve();
      push(two);
      await new Promise((resolve) => setImmediate(resolve));
      const written: string = readFileSync(config.x509.svid, 'utf8').replaceAll(/-----.*-----|\n/g, '');
      const last = Buffer.from(two.identities[0]?.chain[0] ?? []).toString('base64');
      assert.equal(written, last, `after ${gap} turns`);
    }
  });
});
