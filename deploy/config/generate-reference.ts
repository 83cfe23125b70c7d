/** Writes the reference-*.md pages from the configuration's shapes; with --check, compares instead (CI). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentFlags } from '../../agent/config/agent-flags.ts';
import { agentShape } from '../../agent/config.ts';
import { serverFlags } from '../../server/config/server-flags.ts';
import { serverShape } from '../../server/config.ts';
import { helperShape } from '../../agent/svid-files/config.ts';
import { helperFlags } from '../../agent/svid-files/config/flags.ts';
import { oidcShape } from '../../server/oidc/config.ts';
import { printReference } from '../../shared/config/reference.ts';

const NOTES = [
  'The file is HCL 1, or JSON when it begins with a brace. An unknown key is refused; all faults are told at once.',
  'Durations are text such as `"1h30m"`, `"10s"`, `"500ms"`; numbers may stand in quotes; an empty text is the same as no text.',
  'With `-expandEnv`, `$NAME` and `${NAME}` are replaced from the environment before the file is read.',
].join(' ');

const RELYING_PARTIES = [
  '`jwt_issuer` in server.conf, `jwt_issuer` here and the URL that relying parties are told must be the same text, letter by letter,',
  'for most of them an `https://` URL whose `/.well-known/openid-configuration` this program serves.',
  'In AWS that URL becomes an IAM OIDC identity provider whose client IDs are the audiences of the JWT-SVIDs; the trust policy of a role names the SPIFFE ID as `…:sub` and the audience as `…:aud`.',
  'In Google Cloud it is the issuer of an OIDC provider in a workload identity pool, `google.subject` is mapped from `assertion.sub`, and `allowed-audiences` has the audience (or the audience is the full name of the provider).',
  'In Azure it is the issuer of a federated credential, whose subject is the SPIFFE ID.',
  'All of them fetch the keys themselves and keep them for a while: a new key is in the document long before it signs, so that nothing has to be done when keys rotate.',
].join(' ');

/** The pages by file name. */
export const referencePages = (): ReadonlyMap<string, string> =>
  new Map([
    [
      'reference-server.md',
      printReference({ title: 'server.conf', introduction: NOTES, shape: serverShape, flags: serverFlags }),
    ],
    [
      'reference-agent.md',
      printReference({ title: 'agent.conf', introduction: NOTES, shape: agentShape, flags: agentFlags }),
    ],
    [
      'reference-oidc-discovery-provider.md',
      printReference({
        title: 'oidc-discovery-provider.conf',
        introduction: `${NOTES}\n\n${RELYING_PARTIES}`,
        shape: oidcShape,
        flags: [],
      }),
    ],
    [
      'reference-helper.md',
      printReference({ title: 'helper.conf', introduction: NOTES, shape: helperShape, flags: helperFlags }),
    ],
  ]);

if (import.meta.main) {
  const isCheck = process.argv.includes('--check');
  for (const [name, page] of referencePages()) {
    const path = join(import.meta.dirname, name);
    if (!isCheck) writeFileSync(path, page);
    else if (readFileSync(path, 'utf8') !== page) {
      process.stderr.write(`${path} is out of date: run node deploy/config/generate-reference.ts\n`);
      process.exitCode = 1;
    }
  }
}
