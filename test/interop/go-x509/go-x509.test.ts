/** Path validation beside Go's crypto/x509: 10,000 chains, good ones and ones with things done to them; every difference is explained. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { parseCertificate } from '../../../shared/crypto/certificate.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { CodedError } from '../../../shared/errors.ts';
import type { Case } from './build.ts';
import { deeds, makeCase } from './cases.ts';
import { explain, rules } from './differences.ts';
import { askGo, buildVerifier, type GoAnswer } from './go.ts';
import { KeyRing } from './keys.ts';
import type { Difference } from './rule.ts';
import { type Ask, askChain, askSvid, whyNot } from './writ.ts';

const CASES = 10_000;
const BATCH = 500;
const ACCEPTED_BY_BOTH_MIN = CASES / 4; // or the refusals hide what is done to good paths
const SHOWN = 3; // of what is not explained: each is long

/** Both sides on one subject. */
class Comparison {
  readonly counts = { both: 0, neither: 0, go: 0, writ: 0 };
  readonly explained = new Map<string, number>();
  readonly faults: string[] = [];
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  add(each: Case, n: number, go: GoAnswer): void {
    const ours = this.#ask(each);
    const isAgreed = (ours === '') === (go.refusal === '');
    if (isAgreed) {
      this.counts[ours === '' ? 'both' : 'neither'] += 1;
      return;
    }
    const accepts = ours === '' ? 'writ' : 'go';
    this.counts[accepts] += 1;
    const refusal = accepts === 'writ' ? go.refusal : whyNot(this.#ask, each, go.paths ?? []);
    const names = explain(accepts, differenceOf(each, refusal));
    const [name, ...more] = names;
    if (name === undefined || more.length > 0) {
      this.faults.push(
        `${accepts} alone accepts, the other says: ${refusal}\nrules that explain it: ${names.join(', ') || 'none'}\n${told(each, n)}`,
      );
      return;
    }
    this.explained.set(name, (this.explained.get(name) ?? 0) + 1);
  }
}

function differenceOf({ chain, roots }: Case, refusal: string): Difference {
  const all = [...chain, ...roots];
  const certificates = all.map(findCertificate).filter((each) => each !== undefined);
  return { refusal, certificates, unreadable: all.filter((der) => findCertificate(der) === undefined) };
}

function findCertificate(der: Uint8Array) {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return undefined;
  }
}

/** Everything that is needed to look at a case elsewhere. */
function told({ chain, roots, at, purposes, deeds: done }: Case, n: number): string {
  const pem = (certificates: readonly Uint8Array[]): string =>
    certificates.map((der) => formatPem('CERTIFICATE', der)).join('');
  return [
    `case ${n} of seed ${seed}: ${done.join('; ') || 'nothing done to it'}`,
    `at ${at.toISOString()}, purposes ${purposes.join(' ') || 'any'}`,
    `chain:\n${pem(chain)}roots:\n${pem(roots)}`,
    `To repeat: WRIT_X509_SEED=${seed} npm run test:interop -- go-x509`,
  ].join('\n');
}

/**
 * The same cases in every run: what is rare must not fail a change that has nothing to do with it. With this one every
 * reason is met; 1 to 20 were tried, 200,000 chains, without a difference that has none.
 */
const SEED = 2;
const seed = Number(process.env['WRIT_X509_SEED'] ?? SEED);

let directory: string;
let program: string;
const chains = new Comparison(askChain);
const svids = new Comparison(askSvid);
const done = new Set<string>();

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'writ-go-x509-'));
  program = buildVerifier(directory);
  const keys = new KeyRing();
  let comparing = Promise.resolve(); // one batch is compared while the next is made
  for (let from = 0; from < CASES; from += BATCH) {
    const cases: Case[] = [];
    for (let n = from; n < from + BATCH; n++) cases.push(await makeCase(seed, n, keys));
    await comparing;
    comparing = compare(cases, from);
  }
  await comparing;
});
after(() => rmSync(directory, { recursive: true, force: true }));

async function compare(cases: readonly Case[], from: number): Promise<void> {
  const verdicts = await askGo(program, cases);
  for (const [at, each] of cases.entries()) {
    const go = verdicts[at];
    if (go === undefined) throw new Error('Go left a case out');
    chains.add(each, from + at, go.forPurposes);
    svids.add(each, from + at, go.forAnyPurpose);
    for (const deed of each.deeds) done.add(deed);
  }
}

function checkExplained(context: TestContext, { counts, faults }: Comparison): void {
  const { both, neither, go, writ } = counts;
  context.diagnostic(
    `accepted by both ${both}, refused by both ${neither}, accepted by Go alone ${go}, by us alone ${writ}`,
  );
  assert.equal(
    faults.length,
    0,
    `${faults.length} differences without an explanation:\n${faults.slice(0, SHOWN).join('\n')}`,
  );
}

test('paths: every difference from crypto/x509 has one explanation', (context) =>
  checkExplained(context, chains));

test('SVIDs: every difference from crypto/x509 has one explanation', (context) =>
  checkExplained(context, svids));

test('many chains are accepted by both, and many refused by both', () => {
  for (const { counts } of [chains, svids]) {
    assert.ok(counts.both > ACCEPTED_BY_BOTH_MIN, `${counts.both} accepted by both`);
    assert.ok(counts.neither > ACCEPTED_BY_BOTH_MIN, `${counts.neither} refused by both`);
  }
});

test('every explanation is needed, and everything was done to some chain', {
  skip: seed !== SEED && 'what is rare is sure to come with the usual seed alone',
}, (context) => {
  const unused = Object.keys(rules).filter(
    (name) => !chains.explained.has(name) && !svids.explained.has(name),
  );
  assert.deepEqual(unused, []);
  assert.deepEqual(
    [...deeds.keys()].filter((deed) => !done.has(deed)),
    [],
  );
  for (const name of Object.keys(rules))
    context.diagnostic(
      `${name}: ${chains.explained.get(name) ?? 0} paths, ${svids.explained.get(name) ?? 0} SVIDs`,
    );
});
