import { expect, test } from 'vitest';
import {
	type ChannelFile,
	parseChannelFile,
	writeChannelFile,
} from '../../../src/model/publication/channel-file.ts';
import type { Tag } from '../../../src/model/release/tag.ts';
import type { Version } from '../../../src/model/release/version.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test.each<ChannelFile>([
	{ tag: 'v1.2.3' as Tag, minimumSafeVersion: null },
	{ tag: '0.5.4' as Tag, minimumSafeVersion: '0.5.0' as Version },
])('survives a round trip', (file) => {
	expect(parseChannelFile(writeChannelFile(file))).toEqual(file);
});

test('ignores keys of other tools', () => {
	expect(parseChannelFile(bytes('{"schema":1,"tag":"v1.0.0","x-note":"hello"}'))).toEqual({
		tag: 'v1.0.0',
		minimumSafeVersion: null,
	});
});

test.each([
	['', /empty|JSON/],
	['[]', /schema 1/],
	['{"schema":2,"tag":"v1.0.0"}', /schema 1/],
	['{"schema":1}', /not a tag/],
	['{"schema":1,"tag":"main"}', /not a tag/],
	['{"schema":1,"tag":"v1.0.0","minimumSafeVersion":3}', /minimumSafeVersion/],
	['{"schema":1,"tag":"v1.0.0","minimumSafe":"1.0.0"}', /minimumSafe is not a key/],
	['{"schema":1,"tag":"v1.0.0","tag":"v2.0.0"}', /tag/],
	[`{"schema":1,"tag":"v1.0.0","x-a":"${'a'.repeat(5000)}"}`, /bytes/],
])('refuses %s', (text, why) => {
	expect(() => parseChannelFile(bytes(text))).toThrow(why);
});
