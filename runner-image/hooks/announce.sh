# shellcheck shell=bash
# What both job hooks do: say which job this is, then run the user's own scripts. Sourced by them, as the job's user, inside the job.

# shellcheck source-path=SCRIPTDIR source=../steps/report.sh
. "${BASH_SOURCE[0]%/*}/../steps/report.sh"

# announce job-started|job-completed: one JSON line, to the job's log at GitHub and to the container's.
announce() {
  local line name value REPLY
  line="{\"event\":\"hook.$1\""
  for name in repository:GITHUB_REPOSITORY runId:GITHUB_RUN_ID job:GITHUB_JOB runnerName:RUNNER_NAME; do
    value=${name#*:}
    json_string "${!value:-}"
    line="$line,\"${name%%:*}\":$REPLY"
  done
  printf '%s}\n' "$line"
  [ ! -w "${BATON_HOOK_LOG:-}" ] || printf '%s}\n' "$line" >>"$BATON_HOOK_LOG"
}

# run_user_hook FILE: its exit code. Said either way, so that nobody looks for the fault of a hook in a workflow.
run_user_hook() {
  local code=0
  echo "Running ${1##*/}"
  bash "$1" || code=$?
  [ "$code" -eq 0 ] || echo "##[error]The hook $1 ended with $code"
  return "$code"
}
