#!/usr/bin/env bash
# The stand-in's `run.sh`, with the quirks of the agent's: without RUNNER_MANUALLY_TRAP_SIG a signal ends this script at once and
# leaves the listener behind; with it, INT goes on to the listener, and the helper's exit code is lost unless a signal came, so that
# nothing is tried again. Almost every way to end is exit code 0.
directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

if [ -z "$RUNNER_MANUALLY_TRAP_SIG" ]; then
  while :; do
    cp -f "$directory/run-helper.sh.template" "$directory/run-helper.sh"
    "$directory/run-helper.sh" "$@"
    if [ $? -ne 2 ]; then
      echo "Exiting runner..."
      exit 0
    fi
    echo "Restarting runner..."
  done
fi

set -m
signaled=0
pass_on() {
  kill -INT -- "-$helper"
  signaled=1
}
trap pass_on INT TERM

while :; do
  cp -f "$directory/run-helper.sh.template" "$directory/run-helper.sh"
  "$directory/run-helper.sh" "$@" &
  helper=$!
  wait "$helper"
  code=0
  if [ "$signaled" -eq 1 ]; then
    # A wait that a signal cut short tells the signal, not the helper's end.
    wait "$helper"
    code=$?
  fi
  if [ "$code" -ne 2 ]; then
    echo "Exiting runner..."
    trap - INT TERM
    wait "$helper"
    exit "$code"
  fi
  echo "Restarting runner..."
done
