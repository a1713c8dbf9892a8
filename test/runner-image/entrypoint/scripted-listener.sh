#!/usr/bin/env bash
# Plays Runner.Listener: notes how it was called, then runs what the test wrote for `configure` or `run`, with the words below.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
printf '%s\n' "$*" >>calls
env >"environment-of-$1"
on_interrupt() { echo "Exiting..."; }
# Before a word is said that could bring a signal.
trap 'echo TERM >>signals; exit 143' TERM
trap 'echo INT >>signals; on_interrupt; exit 0' INT

register() {
  printf '{"agentName":"test"}' >.runner
  printf '{"scheme":"OAuth"}' | tee .credentials >.credentials_rsaparams
  mkdir -p _diag
  echo "what config.sh logged" >_diag/Runner_1.log
}

# say LINE…: in one piece, so that nobody can come between them.
say() { printf '2026-01-01 00:00:00Z: %s\n' "$@"; }
listen() {
  printf "Current runner version: '%s'\n" 2.336.0
  say "Listening for Jobs"
}
run_job() { say "Running job: $1"; }
complete_job() { say "Job $1 completed with result: $2"; }

# Until a signal; after `deaf`, whatever INT says.
poll() {
  while :; do sleep 0.05; done
}
deaf() { trap '' INT; }

# shellcheck disable=SC1090
. "./$1-script"
