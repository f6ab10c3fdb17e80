/** An independent client: plain tuf-js over HTTP, with its own state as on a box. */
import { createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { Updater } from 'tuf-js';
import { onTestFinished } from 'vitest';
import { scratch } from '../scratch.ts';

export interface Client {
	/** Updates its metadata and returns the announced tag of each channel, after fetching every manifest. */
	look(): Promise<Readonly<Record<string, string>>>;
	/** Returns the verified bytes of a target. */
	target(path: string): Promise<Buffer>;
}

/** `root` is the pinned first root. */
export async function clientOf(
	repository: string,
	root = readFileSync(join(repository, 'metadata/1.root.json')),
): Promise<Client> {
	const url = await serve(repository);
	const state = scratch();
	writeFileSync(join(state, 'root.json'), root);
	mkdirSync(join(state, 'targets'));
	const updater = () =>
		new Updater({
			metadataDir: state,
			metadataBaseUrl: `${url}/metadata`,
			targetDir: join(state, 'targets'),
			targetBaseUrl: `${url}/targets`,
		});
	const target = async (one: Updater, path: string) => {
		const info = await one.getTargetInfo(path);
		if (info === undefined) throw new Error(`${path} is not listed`);
		return readFileSync(await one.downloadTarget(info, join(state, 'targets', encodeURIComponent(path))));
	};
	return {
		async look() {
			const one = updater();
			await one.refresh();
			const bytes = await target(one, 'channels/main.json');
			const { tag } = JSON.parse(bytes.toString('utf8')) as { tag: string };
			await target(one, `releases/${tag}/signalbox-manifest.json`);
			return { main: tag };
		},
		target: async (path) => target(updater(), path),
	};
}

/** Serves a directory on the loopback interface until the test ends. */
export async function serve(directory: string): Promise<string> {
	const server: Server = createServer((request, response) => {
		const path = join(directory, normalize(decodeURIComponent(request.url ?? '/')));
		if (!existsSync(path)) response.writeHead(404).end();
		else createReadStream(path).pipe(response);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
