/** The side of a companion that does the deeds. Called by the programs of this folder, and by nothing else. */
import { messageOf } from '../../../shared/errors.ts';
import type { Answer, Asked } from './companion.ts';

/** What a deed is told is what its bench says: both are of one version. */
export type Deeds = Readonly<Record<string, (about: never) => Promise<unknown>>>;

/** Does what the bench asks for until that is gone. An error that no deed catches ends the process, and the bench. */
export function serve(deeds: Deeds): void {
  process.on('message', ({ id, deed, about }: Asked) => {
    const tell = (answer: Answer): void => void process.send?.(answer);
    const work = deeds[deed]?.(about as never) ?? Promise.reject(new Error(`no deed "${deed}"`));
    work.then(
      (result) => tell({ id, result }),
      (error: unknown) => tell({ id, failure: messageOf(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
}
