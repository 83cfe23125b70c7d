/** Every RPC on the admin socket. Called by listen. */
import type { Routes } from '../../shared/rpc/handler.ts';
import type { ExplainProcess } from '../explain/explain-process.ts';
import { explainProcess } from './explain-process.ts';
import type { AdminContext } from './gate.ts';

export const routes = ({ explain }: { readonly explain: ExplainProcess }): Routes<AdminContext> => ({
  'writ.explain.v1.Explain': { ExplainProcess: explainProcess(explain) },
});
