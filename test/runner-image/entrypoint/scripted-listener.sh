#!/usr/bin/env bash
# Plays Runner.Listener: notes how it was called, then runs what the test wrote for `configure` or `run`, with the words below.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
printf '%s\n' "$*" >>calls
env >"environment-of-$1"
trap 'echo TERM >>signals; exit 143' TERM

register() {
  printf '{"agentName":"test"}' >.runner
  printf '{"scheme":"OAuth"}' | tee .credentials >.credentials_rsaparams
  mkdir -p _diag
  echo "what config.sh logged" >_diag/Runner_1.log
}

say() { printf '2026-01-01 00:00:00Z: %s\n' "$1"; }
listen() {
  printf "Current runner version: '%s'\n" 2.336.0
  say "Listening for Jobs"
}
run_job() { say "Running job: $1"; }
complete_job() { say "Job $1 completed with result: $2"; }

# Polls until INT, then `on_interrupt`.
poll() {
  trap 'echo INT >>signals; on_interrupt; exit 0' INT
  while :; do sleep 0.05; done
}
on_interrupt() { echo "Exiting..."; }
deaf() {
  trap '' INT
  while :; do sleep 0.05; done
}

# shellcheck disable=SC1090
. "./$1-script"
