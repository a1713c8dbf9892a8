# shellcheck shell=bash
# Before the agent runs: signals, the private scratch directory, waiting between tries.

child=""
scratch=""

# interruptible OUTPUT COMMAND…: bash answers a signal only after the foreground command; during `wait` it does so at once. The file is an
# argument because a redirection of this function would hold for the trap, too, and swallow the last line.
interruptible() {
  local code=0 to=$1
  shift
  "$@" >"$to" &
  child=$!
  wait "$child" || code=$?
  child=""
  return "$code"
}

stop_before_agent() {
  trap '' TERM INT HUP QUIT
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
  finish 14 stopped "a signal came before the agent ran"
}

# Memory rather than disk where there is such a place; readable by this user alone, and gone before a job can run.
make_scratch() {
  local parent=${TMPDIR:-/tmp}
  [ ! -d /dev/shm ] || [ ! -w /dev/shm ] || parent=/dev/shm
  scratch=$(umask 077 && mktemp -d "$parent/baton.XXXXXXXX") || finish 17 no-scratch-directory "no directory could be made in $parent"
}

remove_scratch() {
  [ -z "$scratch" ] || rm -rf "$scratch"
  scratch=""
}

# pause_before_try N (from 2): base, twice, four times as long, plus up to as much again, so that tasks launched together spread out.
pause_before_try() {
  local seconds=$((RUNNER_RETRY_SECONDS << ($1 - 2)))
  interruptible /dev/null sleep "$((seconds + (seconds > 0 ? RANDOM % (seconds + 1) : 0)))"
}
