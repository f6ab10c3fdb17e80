/** Expired metadata. */
import { ago, nothing, type Scenario } from './scenario.ts';

export const EXPIRED: readonly Scenario[] = [
	{
		name: 'root expired',
		steps: [
			(p) =>
				p.nextRoot(() => {
					p.root['expires'] = ago(p);
				}),
		],
		end: 'metadata-expired',
		store: { root: 2 },
	},
	...(['timestamp', 'snapshot', 'targets'] as const).map(
		(role): Scenario => ({
			name: `${role} expired`,
			steps: [
				nothing,
				(p) => {
					p[role]['expires'] = ago(p);
					p.next();
				},
			],
			end: 'metadata-expired',
			store: { [role]: 1 },
		}),
	),
	...['not a date', '2031-01-01', '2031-01-01T00:00:00.000Z'].flatMap((expires): Scenario[] => [
		{
			name: `targets expire at "${expires}"`,
			steps: [
				(p) => {
					p.targets['expires'] = expires;
					p.next();
				},
			],
			end: 'metadata-refused',
			...(expires === 'not a date'
				? {}
				: { differs: 'tuf-js takes what Date.parse takes, which differs from client to client' }),
		},
	]),
];
