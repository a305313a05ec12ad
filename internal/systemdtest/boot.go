// SPDX-License-Identifier: Apache-2.0

package systemdtest

// bootScript turns process 1 of the new namespaces into systemd. Its arguments:
// the machine's folder, its cgroup, its terminal, then systemd and its arguments.
//
// The cgroup namespace is made after moving into the machine's cgroup, since
// the place of the process at that moment becomes the root of what systemd sees:
// it must not move the caller's own processes about.
//
// /tmp, /var and the kernel are the caller's: what of the distribution's boot empties
// folders or sets the kernel is masked, or a unit that pulls in sysinit.target would
// have systemd-tmpfiles remove all that lies in the caller's /tmp. So are sysinit.target
// and basic.target themselves, as a list of what they bring is never complete: a unit
// with the usual dependencies fails to start unless a drop-in says
// DefaultDependencies=no, and nobody's journal is written to.
const bootScript = `
dir=$1 cgroup=$2 tty=$3; shift 3
echo $$ >"$cgroup/cgroup.procs"
exec unshare --cgroup -- sh -euc '
dir=$1 tty=$2; shift 2
mount --make-rprivate /
mount -t proc proc /proc
mkdir "$dir/run"
mount -t tmpfs -o mode=755 tmpfs "$dir/run"
mkdir -p "$dir/run/lock" "$dir/run/systemd/system"
cp "$dir"/units/* "$dir/run/systemd/system/"
for unit in tmpfiles-setup.service tmpfiles-setup-dev.service tmpfiles-setup-dev-early.service tmpfiles-clean.service tmpfiles-clean.timer \
	sysctl.service modules-load.service sysusers.service update-utmp.service random-seed.service binfmt.service; do
	[ -e "$dir/run/systemd/system/systemd-$unit" ] || ln -s /dev/null "$dir/run/systemd/system/systemd-$unit"
done
for unit in sysinit.target basic.target; do ln -sf /dev/null "$dir/run/systemd/system/$unit"; done
mount --no-mtab --move "$dir/run" /run
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
if command -v ip >/dev/null; then ip link set lo up; fi
if [ -e /dev/console ]; then mount --bind "$tty" /dev/console; fi
hostname superd-test
exec "$@"' sh "$dir" "$tty" "$@"`
