import { expect, test } from 'vitest';
import { nextHop } from '../../../src/unprivileged/fetcher/redirect.ts';

const FROM = new URL('https://a.example.org/releases/x');
const ORIGINS = ['https://a.example.org', 'https://b.example.org', 'http://a.example.org'];

test.each([
	['y', 'https://a.example.org/releases/y'],
	['/y', 'https://a.example.org/y'],
	['https://b.example.org/y?z', 'https://b.example.org/y?z'],
	['//b.example.org/y', 'https://b.example.org/y'],
	['https://a.example.org:443/y', 'https://a.example.org/y'],
])('follows %s to %s', (location, url) => {
	expect(nextHop(FROM, location, ORIGINS)).toEqual({ kind: 'url', url: new URL(url) });
});

test.each([
	[undefined, 'broken'],
	['https://', 'broken'],
	['javascript:1', 'broken'],
	['https://me@a.example.org/', 'broken'],
	['http://a.example.org/', 'plain'],
	['http://b.example.org/', 'plain'],
	['https://a.example.org:8443/', 'origin'],
	['https://a.example.org.evil.example/', 'origin'],
	['https://A.example.org@evil.example/', 'broken'],
	['//evil.example/', 'origin'],
	['\\\\evil.example\\x', 'origin'],
])('refuses %s: %s', (location, why) => {
	expect(nextHop(FROM, location, ORIGINS)).toEqual({ kind: 'refused', why });
});
