/**
 * Writes config.schema.json from the description that the code itself reads the configuration with.
 * Usage: write-schema.ts [DIRECTORY]; without one, into docs/schema.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { configFile } from '../../src/model/config-schema.ts';

const directory = process.argv[2] ?? join(import.meta.dirname, '../../docs/schema');
mkdirSync(directory, { recursive: true });
const schema = z.toJSONSchema(configFile, { io: 'input', target: 'draft-2020-12' });
writeFileSync(join(directory, 'config.schema.json'), `${JSON.stringify(schema, null, '\t')}\n`);
