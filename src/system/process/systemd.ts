/** Finds the systemd services of processes, and names the services that Signalbox creates. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Whether systemd runs this machine (sd_booted(3)). */
export function systemdRuns(): boolean {
	return existsSync('/run/systemd/system');
}

/** Returns the name of the service for one run of a trigger; `id` is the run's id. */
export function serviceOfRun(trigger: string, id: string): string {
	return `signalbox-${trigger}-${id}.service`;
}

/**
 * Whether a service was one run of a trigger. Starting that service again does not restart what the run left
 * behind.
 */
export function isOfRun(service: string): boolean {
	return /^signalbox-.+-\d{8}T\d{9}-[0-9a-f]{8}\.service$/.test(service);
}

/**
 * Returns the system service of a process according to /proc/PID/cgroup. Undefined for sessions, for services
 * of a user's own manager, and without systemd.
 */
export function serviceIn(cgroups: string): string | undefined {
	const lines = cgroups.split('\n');
	const line =
		lines.find((one) => /^\d+:name=systemd:/.test(one)) ?? lines.find((one) => one.startsWith('0::')) ?? '';
	const parts = line.slice(line.indexOf('/')).split('/');
	const unit = parts.find((part) => part.endsWith('.service') || part.endsWith('.scope'));
	return unit?.endsWith('.service') && !unit.startsWith('user@') ? unit : undefined;
}

/** Returns the service of a process, other than this one, that has the file open. */
export function serviceHolding(path: string): string | undefined {
	const pid = processHolding(path);
	try {
		return pid === undefined ? undefined : serviceIn(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
	} catch {
		return undefined;
	}
}

/**
 * Returns a process, other than this one, that has the file open. Processes of other users are visible only
 * to root.
 */
export function processHolding(path: string): number | undefined {
	const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
	const found = pids.find((pid) => holds(pid, path));
	return found === undefined ? undefined : Number(found);
}

function holds(pid: string, path: string): boolean {
	try {
		return readdirSync(`/proc/${pid}/fd`).some((fd) => isLinkTo(`/proc/${pid}/fd/${fd}`, path));
	} catch {
		return false;
	}
}

function isLinkTo(link: string, path: string): boolean {
	try {
		return readlinkSync(link) === path;
	} catch {
		return false;
	}
}
