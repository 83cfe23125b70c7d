/** The answer to a workload that no entry matches: clients look for these very words (facts/spiffe 4). */
import { type CodedError, permissionDenied } from '../../shared/errors.ts';

export const noIdentityIssued = (): CodedError =>
  permissionDenied('no identity issued', { reason: 'NO_IDENTITY_ISSUED' });
