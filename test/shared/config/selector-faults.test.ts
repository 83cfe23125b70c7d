import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selectorFaults } from '../../../shared/config/selector-faults.ts';
import { parseSelector } from '../../../shared/selectors.ts';

const NONE = /^$/;
const workloads: readonly (readonly [string, RegExp])[] = [
  ['unix:uid:1000', NONE],
  ['unix:user:web', NONE],
  ['unix:supplementary_gid:7', NONE],
  ['unix:path:/usr/bin/web', NONE],
  [`unix:sha256:${'0a'.repeat(32)}`, NONE],
  ['docker:label:a:b', NONE],
  ['k8s:ns:default', NONE],
  ['k8s:pod-label:app:web', NONE],
  ['k8s:pod-owner:ReplicaSet:web', NONE],
  ['k8s:pod-image-count:2', NONE],
  ['k8s:image-signature:verified', NONE],
  ['k8s:image-signature-subject:a@b.example', NONE],
  ['docker:env:A=b', NONE],
  ['docker:image_id:web:1', NONE],
  ['systemd:id:web.service', NONE],
  ['systemd:fragment_path:/lib/systemd/system/web.service', NONE],
  ['slurm:job_id:7', NONE],
  ['windows:group_name:se_group_enabled:true:Users', NONE],
  ['k8s:namespace:x', /is found on objects that a broker asks for, on no process; did you mean "k8s:ns"\?$/],
  ['k8s:kind:Pod', /on objects that a broker asks for, on no process$/],
  ['k8s:serviceaccount:x', /"k8s:serviceaccount" is never found; did you mean "k8s:sa"\?$/],
  ['k8s:pod_label:app:web', /did you mean "k8s:pod-label"\?$/],
  ['k8s:pod-label:app', /the value of k8s:pod-label must be key:value$/],
  ['k8s:pod-image-count:two', /must be a number$/],
  ['docker:env:A', /the value of docker:env must be NAME=value$/],
  ['docker:image:web', /did you mean "docker:image_id"\?$/],
  ['systemd:unit:web.service', /did you mean "systemd:id"\?$/],
  ['windows:group_sid:S-1-5', /must be se_group_enabled:true: or/],
  ['unix:uuid:1000', /^selector "unix:uuid:1000": "unix:uuid" is never found; did you mean "unix:uid"\?$/],
  ['unix:usr:web', /did you mean "unix:user"\?$/],
  ['unix:grup:web', /did you mean "unix:group"\?$/],
  ['unix:1000', /^selector "unix:1000": "unix:1000" is never found$/],
  ['unix:constructor:1', /"unix:constructor" is never found$/],
  ['unix:uid:root', /the value of unix:uid must be a number$/],
  ['unix:uid', /the value of unix:uid must be a number$/],
  ['unix:user:', /the value of unix:user must not be empty$/],
  ['unix:path:bin/web', /must be an absolute path$/],
  ['unix:sha256:ABC', /must be 64 hexadecimal digits in lower case$/],
  ['unx:uid:1000', /"unx" is no selector type; did you mean "unix"\?$/],
  ['dokcer:label:a:b', /did you mean "docker"\?$/],
  ['K8S:ns:default', /"K8S" is no selector type; did you mean "k8s"\?$/],
  ['martian:x', /^selector "martian:x": "martian" is no selector type$/],
  ['k8s_psat:cluster:a', /"k8s_psat" is found on nodes, and this entry selects workloads$/],
];

const nodes: readonly (readonly [string, RegExp])[] = [
  ['spiffe_id:spiffe://td/x', NONE],
  ['x509pop:subject:cn:a', NONE],
  ['k8s_psat:agent_ns:spire', NONE],
  ['aws_iid:account:1', NONE],
  ['k8s_psat:agent_namespace:spire', /"k8s_psat:agent_namespace" is never found/],
  ['x509pop:serial:1', /is never found/],
  ['join_token:x', /agents attested by join_token have no selectors but "spiffe_id:<agent ID>"$/],
  ['unix:uid:1', /"unix" is found on workloads, and below the server an entry selects nodes$/],
  ['x509poop:subject:cn:a', /did you mean "x509pop"\?$/],
];

for (const [isOfNodes, table] of [
  [false, workloads],
  [true, nodes],
] as const)
  for (const [text, telling] of table)
    test(`says what is wrong with ${text} of a ${isOfNodes ? 'node alias' : 'workload'}, if anything`, () => {
      assert.match(selectorFaults([parseSelector(text)], isOfNodes).join('\n'), telling);
    });
