/** Damaged, missing and oversized files. */
import { remove, type Scenario, spoil } from './scenario.ts';

/** Changes what was signed, and stays JSON. */
function flip(bytes: Uint8Array): Uint8Array {
	return Buffer.from(
		Buffer.from(bytes).toString().replace('"spec_version":"1.0.31"', '"spec_version":"1.0.32"'),
	);
}

export const DAMAGED: readonly Scenario[] = [
	{ name: 'no timestamp', steps: [(p) => remove(p, 'metadata/timestamp.json')], end: 'metadata-missing' },
	{
		name: 'no snapshot',
		steps: [(p) => remove(p, 'metadata/1.snapshot.json')],
		end: 'metadata-missing',
		store: { timestamp: 1 },
	},
	{
		name: 'no targets',
		steps: [(p) => remove(p, 'metadata/1.targets.json')],
		end: 'metadata-missing',
		store: { snapshot: 1 },
	},
	...(['metadata/timestamp.json', 'metadata/2.root.json'] as const).flatMap((path): Scenario[] => [
		{
			name: `${path} is a web page`,
			steps: [(p) => p.put(path, Buffer.from('<html>not here</html>'))],
			end: 'metadata-refused',
		},
		{ name: `${path} is empty`, steps: [(p) => p.put(path, new Uint8Array())], end: 'metadata-refused' },
		{
			name: `${path} never ends`,
			steps: [(p) => p.put(path, Buffer.alloc(2_000_000, 32))],
			end: 'metadata-mismatch',
		},
	]),
	...(['1.snapshot', '1.targets'] as const).flatMap((name): Scenario[] => [
		{
			name: `${name} never ends`,
			steps: [(p) => p.put(`metadata/${name}.json`, Buffer.alloc(6_000_000, 32))],
			end: 'metadata-mismatch',
		},
		{
			name: `${name} is damaged`,
			steps: [(p) => spoil(p, `metadata/${name}`, flip)],
			end: 'metadata-mismatch',
		},
	]),
	{
		name: 'the timestamp is damaged',
		steps: [(p) => spoil(p, 'metadata/timestamp', flip)],
		end: 'metadata-unsigned',
	},
];
