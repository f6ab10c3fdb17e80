/**
 * Writes the JSON Schemas of the configuration and of the release manifest from the descriptions that the
 * code itself reads them with.
 * Usage: write-schema.ts [DIRECTORY]; without one, into docs/schema.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { configFile } from '../../src/model/config/schema/file.ts';
import { manifestFile } from '../../src/model/release/release-manifest-schema.ts';

const directory = process.argv[2] ?? join(import.meta.dirname, '../../docs/schema');
mkdirSync(directory, { recursive: true });
const schemas = { config: configFile, 'release-manifest': manifestFile };
for (const [name, shape] of Object.entries(schemas)) {
	const schema = z.toJSONSchema(shape, { io: 'input', target: 'draft-2020-12' });
	writeFileSync(join(directory, `${name}.schema.json`), `${JSON.stringify(schema, null, '\t')}\n`);
}
