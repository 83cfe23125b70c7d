/** Writes server/datastore/schema.golden.sql from the migrations. Run by hand after adding one. */
import { migrate } from '../../../server/datastore/migrate.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { emptyDatabase } from '../../fakes/database.ts';
import { schemaText, writeGolden } from './schema-text.ts';

const endings: (() => Promise<void> | void)[] = [];
const { database } = await emptyDatabase({ after: (deed) => endings.push(deed) });
await migrate(database, silentLogger);
writeGolden(await schemaText(database));
for (const ending of endings) await ending();
