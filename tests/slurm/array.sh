#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A job array under a real Slurm: two virtual nodes on this machine, four tasks of one sweep, one of them killed and
# requeued, all merged: every row once.
#
#   tests/slurm/array.sh PROGRAM [--install]
#
# Everything happens in a mount namespace of its own over a throw-away copy of this system (overlay in memory): nothing
# here is changed. --install puts Debian's Slurm into that copy; without it Slurm must be installed. Where a namespace or
# an overlay is forbidden, or Slurm is missing, it prints why and exits 77. The nodes share this machine's CPUs: this is
# about who runs what, not about times.
set -euo pipefail

skip() { echo "skipped: $*"; exit 77; }

enter() {  # outside
  local program=$1 install=${2:-}
  [ "$(uname -s)" = Linux ] || skip "Slurm's nodes need Linux"
  [ "$(id -u)" -eq 0 ] || skip "not root: a mount namespace and Slurm's daemons need it"
  if [ "$install" != --install ]; then
    for tool in slurmctld slurmd sbatch munged; do
      PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null ||
        skip "$tool is not installed ($0 PROGRAM --install puts it into a throw-away copy of this system)"
    done
  fi
  unshare --mount --pid --fork true 2>/dev/null || skip "this sandbox forbids mount and process namespaces"
  unshare --mount --pid --fork --kill-child bash "$0" --namespace "$(realpath "$program")" "$install"
}

in_namespace() {
  local program=$1 install=$2 top work
  mount --make-rprivate /
  top=$(mktemp -d)
  mount -t tmpfs -o size=4g tmpfs "$top" 2>/dev/null || skip "this sandbox forbids mounting tmpfs"
  mkdir "$top"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$top/root" 2>/dev/null ||
    skip "this sandbox forbids overlay mounts"
  local root=$top/root
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount -t tmpfs tmpfs "$root/sys/fs/cgroup" 2>/dev/null || skip "this sandbox forbids a control group folder"
  mount -t tmpfs tmpfs "$root/tmp"
  # Other file systems of this machine that the program needs, read as they are.
  for work in "$(dirname "$program")" "$(realpath "$(dirname "$0")/../..")" ${OPGAUGE_TORCH:+"$(realpath "$OPGAUGE_TORCH")"}; do
    [ -e "$root$work" ] || { mkdir -p "$root$work"; mount --bind "$work" "$root$work"; }
  done
  if [ "$install" = --install ]; then
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod +x "$root/usr/sbin/policy-rc.d"
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      slurmctld slurmd slurm-client munge >"$top/apt.log" 2>&1 ||
      { tail -3 "$top/apt.log"; skip "Debian's Slurm cannot be installed here"; }
  fi
  chroot "$root" bash "$(realpath "$0")" --slurm "$program"
}

start_slurm() {
  local host
  host=$(hostname -s)
  mkdir -p /run/munge /var/log/munge /var/lib/munge /etc/munge /etc/slurm /var/spool/slurmctld /var/spool/slurmd.n{1,2} \
    /var/log/slurm /run/slurm
  [ -f /etc/munge/munge.key ] || dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 2>/dev/null
  chown -R munge:munge /run/munge /var/log/munge /var/lib/munge /etc/munge
  chmod 400 /etc/munge/munge.key
  chmod 755 /run/munge
  su -s /bin/sh munge -c /usr/sbin/munged
  cat >/etc/slurm/slurm.conf <<CONF
ClusterName=test
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldPidFile=/run/slurm/ctld.pid
SlurmdPidFile=/run/slurm/d.%n.pid
SlurmdSpoolDir=/var/spool/slurmd.%n
StateSaveLocation=/var/spool/slurmctld
SlurmctldLogFile=/var/log/slurm/ctld.log
SlurmdLogFile=/var/log/slurm/d.%n.log
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
MpiDefault=none
NodeName=n1 NodeHostname=$host Port=17011 CPUs=2 RealMemory=2000 State=UNKNOWN
NodeName=n2 NodeHostname=$host Port=17012 CPUs=2 RealMemory=2000 State=UNKNOWN
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
  printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=yes\n' >/etc/slurm/cgroup.conf
  grep -q "$host" /etc/hosts || echo "127.0.0.1 $host" >>/etc/hosts
  slurmctld
  sleep 2
  slurmd -N n1
  slurmd -N n2
  for _ in $(seq 30); do
    [ "$(sinfo -h -N -o %T | grep -c idle)" -eq 2 ] && return 0
    sleep 1
  done
  sinfo -N
  tail -5 /var/log/slurm/*.log
  skip "Slurm's daemons do not come up in this sandbox"
}

fail() {
  echo "FAILED: $*"
  squeue || true
  tail -n 5 /tmp/out/*.log /var/log/slurm/ctld.log || true
  exit 1
}

run_array() {  # inside the copy
  local program=$1 source job
  source=$(realpath "$(dirname "$0")/../..")
  PATH=$(dirname "$program"):$PATH:/usr/sbin
  export PATH
  start_slurm
  echo "Slurm $(sinfo -V | cut -d' ' -f2), nodes $(sinfo -h -N -o %N | paste -sd' ')"
  mkdir -p /tmp/out
  cd /tmp
  opgauge cluster slurm --shards 4 --cpus 1 --time 10 -o /tmp/out -- gemm --quick --target 0.0001 --min-rounds 24 \
    --max-rounds 24 --calibration none --machine "$source/tests/fixtures/machines/example.json" --quiet >array.sbatch
  job=$(sbatch --parsable array.sbatch)
  for _ in $(seq 240); do
    grep -qs '"kind":"visit"' out/shard-1/journal.jsonl && break
    sleep 0.25
  done
  local before
  before=$(grep -c '"kind":"visit"' out/shard-1/journal.jsonl) || fail "task 1 measured nothing within a minute"
  scancel --signal=KILL "${job}_1" --batch
  for _ in $(seq 60); do
    squeue -h -t RUNNING,COMPLETING -j "${job}_1" 2>/dev/null | grep -q . || break
    sleep 0.5
  done
  [ ! -e out/shard-1/gemm_sweep_cpu.csv ] || fail "task 1 was to be killed but had finished"
  echo "task 1 killed after $before visits: $(scontrol show job "${job}_1" | grep -o 'JobState=[A-Z]*')"
  scontrol requeue "${job}_1"
  sleep 1
  scontrol update JobId="${job}_1" StartTime=now 2>/dev/null || true
  for _ in $(seq 240); do
    squeue -h -j "$job" 2>/dev/null | grep -q . || break
    sleep 1
  done
  ls -d out/shard-*/gemm_sweep_cpu.csv || fail "no task finished"
  [ "$(ls out/shard-*/gemm_sweep_cpu.csv | wc -l)" -eq 4 ] || fail "a task did not finish"
  opgauge merge out/shard-* -o out/merged
  local rows unsharded
  rows=$(sed 1d out/merged/gemm_sweep_cpu.csv | wc -l)
  unsharded=$(opgauge sweep gemm --quick --dry-run --csv - --calibration none \
    --machine "$source/tests/fixtures/machines/example.json" 2>/dev/null | sed 1d | wc -l)
  [ "$rows" -eq "$unsharded" ] || fail "the merged result has $rows rows, the sweep has $unsharded"
  local repeated
  repeated=$(grep -ho '"kind":"visit","row":[0-9]*,"round":[0-9]*' out/shard-1/journal.jsonl | sort | uniq -d | wc -l)
  [ "$repeated" -eq 0 ] || fail "the requeued task repeated $repeated visits"
  [ "$(grep -c '"kind":"session"' out/shard-1/journal.jsonl)" -eq 2 ] || fail "task 1 was not continued"
  echo "passed: $rows rows of 4 tasks, each once; the killed task continued after $before visits"
}

case "${1:-}" in
  --namespace) in_namespace "$2" "${3:-}" ;;
  --slurm) run_array "$2" ;;
  "") echo "usage: $0 PROGRAM [--install]" >&2; exit 2 ;;
  *) enter "$@" ;;
esac
