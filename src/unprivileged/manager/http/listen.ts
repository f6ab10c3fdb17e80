/** Binds the address, and replaces the socket file of a manager that was killed. */
import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { errnoOf } from '../../../model/base/errno.ts';
import { Problem, problem } from '../../../model/base/error.ts';
import { addressText, type ListenAddress } from './listen-address.ts';

/** Members of the socket's group may connect as well. */
const SOCKET_MODE = 0o660;

/**
 * Returns the bound address, with the real port where 0 was requested. Throws `busy`, `usage`, `io-error`.
 */
export async function listenOn(app: FastifyInstance, address: ListenAddress): Promise<ListenAddress> {
	try {
		return address.kind === 'unix' ? await listenOnSocket(app, address) : await listenOnPort(app, address);
	} catch (thrown) {
		throw thrown instanceof Problem ? thrown : cannotListen(address, thrown);
	}
}

async function listenOnPort(
	app: FastifyInstance,
	address: Extract<ListenAddress, { kind: 'tcp' }>,
): Promise<ListenAddress> {
	await app.listen({ host: address.host, port: address.port });
	const bound = app.server.address();
	return bound === null || typeof bound === 'string' ? address : { ...address, port: bound.port };
}

async function listenOnSocket(
	app: FastifyInstance,
	address: Extract<ListenAddress, { kind: 'unix' }>,
): Promise<ListenAddress> {
	// libuv reports a missing directory as EACCES.
	if (!existsSync(dirname(address.path))) throw missingDirectory(address);
	if (await isAbandoned(address.path)) unlinkSync(address.path);
	await app.listen({ path: address.path });
	chmodSync(address.path, SOCKET_MODE);
	return address;
}

/** A socket that refuses connections is left over. Any other kind of file stays, and makes listening fail. */
async function isAbandoned(path: string): Promise<boolean> {
	if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
	return new Promise((resolve) => {
		const probe = connect(path);
		probe.once('connect', () => {
			probe.destroy();
			resolve(false);
		});
		probe.once('error', (thrown) => resolve(errnoOf(thrown) === 'ECONNREFUSED'));
	});
}

function missingDirectory(address: ListenAddress): Problem {
	const message = `cannot listen on ${addressText(address)}: its directory is missing`;
	return problem('usage', message, 'make the directory, or choose another path', {
		facts: { listen: addressText(address) },
	});
}

function cannotListen(address: ListenAddress, thrown: unknown): Problem {
	const errno = errnoOf(thrown);
	const details = { facts: { listen: addressText(address), errno }, cause: thrown };
	const message = `cannot listen on ${addressText(address)}`;
	switch (errno) {
		case 'EADDRINUSE':
			return problem(
				'busy',
				`${message}: another program does`,
				'end that program, or choose another address',
				details,
			);
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
			return problem(
				'usage',
				`${message}: it is no address of this machine`,
				'choose an address of this machine',
				details,
			);
		default:
			return problem(
				'io-error',
				`${message}: ${errno}`,
				'choose an address that this user may listen on',
				details,
			);
	}
}
