/** The RPCs of EntryChanges, and what the audit log is to say of them. Used by audit.test. */
import { entry, entryLine, failed, ok, type Row } from './audit-rows.ts';

export const changesTable: Readonly<Record<string, Row>> = {
  'EntryChanges/ApplyEntries': {
    deed: async ({ admin }) => {
      const known = { id: 'none', revision_number: 3 };
      await admin.changes.unary('ApplyEntries', {
        create: [{ ...entry, id: 'five' }],
        update: [{ known, entry: { hint: 'new' }, input_mask: { hint: true } }],
        delete: [{ id: 'gone' }],
        unchanged: [{ id: 'same' }],
      });
      await admin.changes.unary('ApplyEntries', { create: [entry], dry_run: true });
      await admin.changes.unary('ApplyEntries', { create: [{ ...entry, id: 'six' }] });
    },
    lines: () => [
      {
        deed: 'create',
        ...entryLine,
        entry_id: 'five',
        ...failed('Aborted', 'nothing was done: another item failed'),
      },
      {
        deed: 'update',
        entry_id: 'none',
        hint: 'new',
        ...failed('Aborted', 'entry is gone meanwhile'),
      },
      { deed: 'delete', entry_id: 'gone', ...failed('Aborted', 'entry is gone meanwhile') },
      ok,
      { deed: 'create', ...entryLine, entry_id: 'six', ...ok },
    ],
  },
  'EntryChanges/WatchEntries': {
    deed: async ({ admin }) => {
      const watch = admin.changes.serverStream('WatchEntries', { filter: { by_hint: { value: 'h' } } });
      await watch.next();
      await watch.return?.(undefined);
    },
    lines: () => [{ hint: 'h', ...ok }],
  },
};
