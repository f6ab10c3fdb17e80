/** Services of systemd: which one a process runs in, and what those are called that we make. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Whether systemd runs this machine (sd_booted(3)). */
export function systemdRuns(): boolean {
	return existsSync('/run/systemd/system');
}

/** Returns the name of the service that one run of a trigger gets; `id` is the run's. */
export function serviceOfRun(trigger: string, id: string): string {
	return `signalbox-${trigger}-${id}.service`;
}

/**
 * Whether a service was one run of a trigger: what a run has left behind is not to be had by starting that
 * again.
 */
export function isOfRun(service: string): boolean {
	return /^signalbox-.+-\d{8}T\d{9}-[0-9a-f]{8}\.service$/.test(service);
}

/**
 * Returns the system service that a process runs in, as /proc/PID/cgroup tells it; undefined for sessions,
 * for services of a user's own manager, and where there is none.
 */
export function serviceIn(cgroups: string): string | undefined {
	const lines = cgroups.split('\n');
	const line =
		lines.find((one) => /^\d+:name=systemd:/.test(one)) ?? lines.find((one) => one.startsWith('0::')) ?? '';
	const parts = line.slice(line.indexOf('/')).split('/');
	const unit = parts.find((part) => part.endsWith('.service') || part.endsWith('.scope'));
	return unit?.endsWith('.service') && !unit.startsWith('user@') ? unit : undefined;
}

/** Returns the service of whoever has the file open, this process left out. */
export function serviceHolding(path: string): string | undefined {
	const pid = processHolding(path);
	try {
		return pid === undefined ? undefined : serviceIn(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
	} catch {
		return undefined;
	}
}

/**
 * Returns a process that has the file open, this one left out. Those of other users are not seen, unless root
 * looks.
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
