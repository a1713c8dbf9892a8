# shellcheck shell=bash
# The agent's processes, from /proc where there is one and from ps elsewhere: slim images have no ps, macOS has no /proc.

# "pid ppid" lines.
list_processes() {
  local stat rest
  if [ -r /proc/self/stat ]; then
    for stat in /proc/[0-9]*/stat; do
      # The name, in brackets, may hold anything.
      { IFS= read -r rest <"$stat"; } 2>/dev/null || continue
      stat=${stat#/proc/}
      rest=${rest##*) }
      rest=${rest#* }
      echo "${stat%/stat} ${rest%% *}"
    done
  else
    ps -A -o pid= -o ppid=
  fi
}

# descendants_of PID, the process itself not among them.
descendants_of() {
  list_processes | awk -v root="$1" '
    { parent[$1] = $2 }
    END {
      for (pid in parent) {
        above = pid
        for (steps = 0; steps < 64 && above > 1 && above != root; steps++) above = parent[above]
        if (above == root && pid != root) print pid
      }
    }'
}

# The agent starts one Runner.Worker for a job before it says so in its output.
worker_exists() {
  local pid
  for pid in $(descendants_of "$1"); do
    if [ -r "/proc/$pid/cmdline" ]; then
      tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q 'Runner\.Worker' && return 0
    elif [ ! -d /proc/self ]; then
      ps -o args= -p "$pid" | grep -q 'Runner\.Worker' && return 0
    fi
  done
  return 1
}

kill_agent() {
  local pids
  pids="$1 $(descendants_of "$1")"
  # shellcheck disable=SC2086
  kill -KILL $pids 2>/dev/null
}
