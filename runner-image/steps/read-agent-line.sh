# shellcheck shell=bash
# What the agent's output tells. Its exit code tells next to nothing: run.sh ends with 0 for most of what can happen, and under
# RUNNER_MANUALLY_TRAP_SIG, which we need, it loses even the code of a deprecated version. Texts of actions/runner 2.336
# (Runner.cs, BrokerMessageListener.cs, Program.cs, run-helper.sh.template).

take_line() {
  local stamp='^([0-9]{4}-[0-9-]+ [0-9:]+Z: )?'
  printf '[agent] %s\n' "$1"
  # The name of a job may be any text, so once a job runs only its end is looked for.
  if [ -n "$job_started_at" ]; then
    if [ -z "$job_completed_second" ] && [[ $1 =~ ${stamp}Job\ (.*)\ completed\ with\ result:\ ([A-Za-z]+)$ ]]; then
      job_completed_second=$SECONDS
      report runner.job-completed job="${BASH_REMATCH[2]}" result="${BASH_REMATCH[3]}"
    fi
  elif [[ $1 =~ ${stamp}Running\ job:\ (.*)$ ]]; then
    now_ms
    job_started_at=$REPLY
    seconds_between "$BATON_STARTED_AT" "$job_started_at"
    report runner.job-started job="${BASH_REMATCH[2]}" secondsToFirstJob:="$REPLY"
  elif [[ $1 =~ ${stamp}Listening\ for\ Jobs ]]; then
    [ -n "$listening" ] || report runner.listening
    listening=1
    disconnected_second=""
  elif [[ $1 =~ ^Current\ runner\ version:\ \'([0-9A-Za-z.-]+)\' ]]; then
    agent_version=${BASH_REMATCH[1]}
  else
    take_trouble "$1"
  fi
}

take_trouble() {
  case $1 in
    # It would try again for four minutes; the session belongs to another task with this very registration.
    *"A session for this runner already exists"*) tell session-conflict && ask_to_leave session-conflict ;;
    *"listener exit with Session Conflict error"*) tell session-conflict ;;
    # Some of these end the agent, after others it polls on for ever: there is nothing to wait for either way.
    *"registration has been deleted from the server"* | *"runner no longer exists on the server"* | *"runner registration was not found"* | *RunnerNotFoundException*)
      tell registration-removed && ask_to_leave registration-removed
      ;;
    *"is deprecated and cannot receive messages"* | *"listener exit with deprecated version exit code"*) tell version-deprecated ;;
    *"Runner connect error"*)
      disconnected_second=${disconnected_second:-$SECONDS}
      connect_error=$1
      ;;
    *"Runner reconnected"*) disconnected_second="" ;;
    # The agent would be worth starting again, and so is the task.
    *"listener exit with retryable error"*) tell unreachable ;;
    *"listener exit because of updating"*) tell agent-updating ;;
    *"Failed to create session."*) tell session-refused ;;
  esac
}

# The first trouble is the cause, what follows is its consequence.
tell() {
  told=${told:-$1}
}
