/** Node attestors that SPIRE has and that do not exist here yet: both halves refuse the same ones. Used by both plugin shapes. */
export const NODE_ATTESTORS_NOT_YET: readonly string[] = [
  'aws_iid',
  'azure_imds',
  'azure_msi',
  'gcp_iit',
  'k8s_psat',
  'k8s_sat',
  'sshpop',
  'tpm_devid',
];
