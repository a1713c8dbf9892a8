#!/usr/bin/env bash
# What a runner task runs: check → unseal → register → re-exec with a clean environment → supervise one job.
#
# The same file is the image's entrypoint on ECS (root, PID 1), a plain child process on a laptop (BATON_LOCAL=1) and the
# subject of the tests. README.md beside it is its contract: environment in, exit codes and JSON lines out.
# It needs bash (3.2 will do), coreutils, sed, awk and gzip; curl 7.75 or newer only for a credential sealed with KMS.
#
# Settings beside the contract's variables, with their defaults:
#   RUNNER_HOME                 /opt/actions-runner; the agent's directory, a fresh copy for every task
#   RUNNER_WORK                 _work; where jobs work, absolute or inside RUNNER_HOME
#   RUNNER_VERSION              the agent's version, for the first JSON line; the image sets it
#   RUNNER_EVENT_VERSION        1; anything else ends the task with 15
#   RUNNER_SUDO                 1; 0 takes sudo, and every other way to more rights, from the agent and its jobs
#   RUNNER_IDLE_GRACE_SECONDS   300; the idle backstop fires at RUNNER_IDLE_TIMEOUT_SECONDS plus this
#   RUNNER_STOP_GRACE_SECONDS   110; how long the agent may take to leave before it is killed
#   RUNNER_RETRY_SECONDS        2; the first pause before another try at KMS or GitHub, doubled each time
#   RUNNER_RECONNECT_SECONDS    120; how long an idle agent may have lost GitHub before it is told to leave
#   RUNNER_PROBE_SECONDS        60; how often GitHub is asked whether an idle runner is still registered; 0 never asks
#   BATON_KEEP_ENVIRONMENT      names, with commas, of further variables of the image that jobs shall have
#   BATON_DOCKER                0; 1 in the image that has a Docker daemon, which is then started for the job
set -u

# A signal can come before there is anything it could end.
stopped_early=""
trap 'stopped_early=1' TERM INT HUP QUIT

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=steps/report.sh
. "$here/steps/report.sh"
# shellcheck source-path=SCRIPTDIR source=steps/clean-environment.sh
. "$here/steps/clean-environment.sh"
# shellcheck source-path=SCRIPTDIR source=steps/agent-user.sh
. "$here/steps/agent-user.sh"
# shellcheck source-path=SCRIPTDIR source=steps/check-environment.sh
. "$here/steps/check-environment.sh"
# shellcheck source-path=SCRIPTDIR source=steps/interruptible.sh
. "$here/steps/interruptible.sh"
# shellcheck source-path=SCRIPTDIR source=steps/start-docker.sh
. "$here/steps/start-docker.sh"
# shellcheck source-path=SCRIPTDIR source=steps/unseal.sh
. "$here/steps/unseal.sh"
# shellcheck source-path=SCRIPTDIR source=steps/decrypt-with-kms.sh
. "$here/steps/decrypt-with-kms.sh"
# shellcheck source-path=SCRIPTDIR source=steps/register.sh
. "$here/steps/register.sh"
# shellcheck source-path=SCRIPTDIR source=steps/classify-registration-failure.sh
. "$here/steps/classify-registration-failure.sh"
# shellcheck source-path=SCRIPTDIR source=steps/agent-processes.sh
. "$here/steps/agent-processes.sh"
# shellcheck source-path=SCRIPTDIR source=steps/hook-lines.sh
. "$here/steps/hook-lines.sh"
# shellcheck source-path=SCRIPTDIR source=steps/read-agent-line.sh
. "$here/steps/read-agent-line.sh"
# shellcheck source-path=SCRIPTDIR source=steps/probe-registration.sh
. "$here/steps/probe-registration.sh"
# shellcheck source-path=SCRIPTDIR source=steps/supervise.sh
. "$here/steps/supervise.sh"

prepare() {
  now_ms
  BATON_STARTED_AT=$REPLY
  trap 'remove_scratch' EXIT
  set_defaults
  # Before the first child is started: none of them has any business with the sealed credential or the task role.
  unexport_what_is_off_the_allow_list
  report runner.started target="${RUNNER_TARGET:-}" registration="${RUNNER_REGISTRATION:-}" version="$RUNNER_VERSION"
  trap 'stop_before_agent' TERM INT HUP QUIT
  [ -z "$stopped_early" ] || stop_before_agent
  check_environment
  take_sudo_away
  make_scratch
  start_docker
  unseal
  await_docker
  register
  now_ms
  BATON_REGISTERED_AT=$REPLY
  seconds_between "$BATON_STARTED_AT" "$BATON_REGISTERED_AT"
  report runner.registered secondsToRegistered:="$REPLY"
  remove_scratch
  reexec_with_clean_environment "$here/entrypoint.sh" supervise
}

set_defaults() {
  : "${RUNNER_HOME:=/opt/actions-runner}"
  : "${RUNNER_WORK:=_work}"
  : "${RUNNER_VERSION:=}"
  : "${RUNNER_IDLE_GRACE_SECONDS:=300}"
  # ECS kills 30 s (by default) to 120 s (at most on Fargate) after SIGTERM.
  : "${RUNNER_STOP_GRACE_SECONDS:=110}"
  : "${RUNNER_RETRY_SECONDS:=2}"
  : "${RUNNER_RECONNECT_SECONDS:=120}"
  : "${RUNNER_PROBE_SECONDS:=60}"
  : "${RUNNER_SUDO:=1}"
  : "${BATON_DOCKER:=0}"
  : "${BATON_LOCAL:=0}"
  : "${BATON_KEEP_ENVIRONMENT:=}"
  export RUNNER_HOME RUNNER_WORK RUNNER_VERSION RUNNER_SUDO BATON_LOCAL
  export RUNNER_IDLE_GRACE_SECONDS RUNNER_STOP_GRACE_SECONDS RUNNER_RECONNECT_SECONDS RUNNER_PROBE_SECONDS
}

main() {
  case "${1-}" in
    "") prepare ;;
    supervise) supervise ;;
    *)
      echo "entrypoint.sh takes no argument; it was given: $1" >&2
      exit 15
      ;;
  esac
}

main "$@"
