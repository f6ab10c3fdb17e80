#!/usr/bin/env bash
# Boots systemd as the first process of namespaces of its own: `boot.sh`, as root. Nothing of it is seen outside, and it ends with its parent.
# It gets a hierarchy of cgroups, /run, /tmp and units of its own, a bus, and no unit that would set up a machine.
set -euo pipefail

if [[ ${1:-} != inside ]]; then
	exec unshare --mount --pid --fork --uts --ipc --cgroup --mount-proc --kill-child "$0" inside
fi

mount --make-rprivate /
for place in /run /etc/systemd/system /lib/systemd/system-generators /sys/fs/cgroup; do mount -t tmpfs -o mode=755 tmpfs "$place"; done
for place in /tmp /var/tmp; do mount -t tmpfs -o mode=1777 tmpfs "$place"; done
mkdir -p /run/lock /run/dbus /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd

cd /etc/systemd/system
cat >boot.target <<-'UNIT'
	[Unit]
	DefaultDependencies=no
	Requires=dbus.service
UNIT
cat >dbus.socket <<-'UNIT'
	[Unit]
	DefaultDependencies=no
	[Socket]
	ListenStream=/run/dbus/system_bus_socket
UNIT
cat >dbus.service <<-'UNIT'
	[Unit]
	DefaultDependencies=no
	Requires=dbus.socket
	[Service]
	Type=notify
	ExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation
UNIT
# What sets up a machine stays away from this one.
for unit in /lib/systemd/system/*.target.wants/*; do [[ -e ${unit##*/} ]] || ln -s /dev/null "${unit##*/}"; done
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --system --unit=boot.target --log-target=console --log-level=warning --show-status=no
