// The demo's service, a doorbell that counts visitors: `bell.mjs serve` answers on a socket, `bell.mjs ask` asks it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
// Relative, because a socket path is limited to 107 bytes and the root may be deep.
const SOCKET = 'run/bell.sock';

function serve() {
	// Read once, at start, so that an old process that was not restarted is noticed.
	const { version } = JSON.parse(readFileSync('info.json', 'utf8'));
	const greeting = readFileSync('service/greeting.txt', 'utf8').trim();
	rmSync(SOCKET, { force: true });
	createServer((_request, response) => {
		const visitors = readFileSync('db/visitors.txt', 'utf8').split('\n').filter(Boolean).length;
		response.end(`${JSON.stringify({ version, visitors, greeting })}\n`);
	}).listen(SOCKET, () => writeFileSync('run/bell.pid', `${process.pid}\n`));
}

function ask() {
	const request = get({ socketPath: SOCKET, timeout: 30_000 }, (response) => response.pipe(process.stdout));
	request.on('timeout', () => request.destroy(new Error('no answer')));
	request.on('error', (error) => {
		process.stderr.write(`the service does not answer: ${error.message}\n`);
		process.exitCode = 1;
	});
}

if (process.argv[2] === 'serve') serve();
else ask();
