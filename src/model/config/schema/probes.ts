/** Schema of probes, for the configuration and for the `.release.json` of a release. */
import * as z from 'zod';
import { isProbeUrl, probeMisfit } from '../probe.ts';
import { span, text } from './fields.ts';

const probe = z
	.strictObject({
		name: text(60).describe('the name of the probe in messages'),
		kind: z.enum(['command', 'http', 'tcp', 'unit']).prefault('command').describe('what is checked'),
		command: z
			.array(text())
			.min(1)
			.optional()
			.describe('kind "command": a program with its arguments; it succeeds with exit code 0'),
		url: text()
			.refine(isProbeUrl, 'is not an http:// or https:// URL without a password')
			.optional()
			.describe('kind "http": the URL to request'),
		status: z
			.int()
			.min(100)
			.max(599)
			.optional()
			.describe('kind "http": the expected status code; default: 200'),
		body: text(1000)
			.optional()
			.describe('kind "http": a text that the first 256 KB of the answer must contain'),
		host: text(253)
			.regex(/^[A-Za-z0-9:][A-Za-z0-9:._-]*$/, 'is not the name or address of a host')
			.optional()
			.describe('kind "tcp": the host to connect to; default: 127.0.0.1'),
		port: z.int().min(1).max(65_535).optional().describe('kind "tcp": a port that must accept connections'),
		unit: text(255)
			.regex(/^[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]*$/, 'is not the name of a systemd unit')
			.optional()
			.describe('kind "unit": a unit that must be active'),
		timeout: span.prefault('10s').describe('limit of one attempt'),
		interval: span.prefault('2s').describe('pause between attempts'),
		deadline: span.prefault('2m').describe('the probe fails if no attempt succeeds within this time'),
		soak: span
			.optional()
			.describe('how long every attempt must then keep succeeding; default: one success is enough'),
	})
	.superRefine((table, context) => {
		const misfit = probeMisfit(table);
		if (misfit !== undefined) context.addIssue({ code: 'custom', message: misfit });
	});

export const probeList = z.array(probe).max(20);
