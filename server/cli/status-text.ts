/** The status of an item of a batch, as Go prints it. */
import type { StatusOutput } from '../../proto/gen/spire/api/types/Status.ts';
import { codeName } from '../../shared/cli/code-name.ts';

export const isOk = ({ status }: { readonly status: StatusOutput | null }): boolean => status?.code === 0;

/** `(code: NotFound, msg: "entry not found")`. */
export const statusText = (status: StatusOutput | null): string =>
  `(code: ${codeName(status?.code ?? 2)}, msg: ${JSON.stringify(status?.message ?? '')})`;
