# shellcheck shell=bash
# Runs the agent for one job and says how it ended. Nothing here knows a credential.

supervise() {
  agent=""
  agent_version=$RUNNER_VERSION
  # What the agent's output has told so far.
  listening="" job_started_at="" job_completed_second="" told="" disconnected_second="" connect_error="" registration_gone=""
  # Why we asked the agent to leave: stopped | idle | disconnected | session-conflict | registration-removed | lingering.
  asked_to_leave="" asked_second="" asked_after_job="" without_worker=""
  trap 'ask_to_leave stopped' TERM INT HUP QUIT
  [ -z "$stopped_early" ] || ask_to_leave stopped
  local output_directory code=0
  if ! output_directory=$(mktemp -d) || ! mkfifo "$output_directory/agent"; then
    finish 17 no-scratch-directory "no named pipe could be made"
  fi
  open_hook_log
  start_agent "$output_directory/agent"
  exec 3<"$output_directory/agent"
  rm -rf "$output_directory"
  # A signal that came before there was an agent to tell.
  [ -z "$asked_to_leave" ] || kill -INT "$agent" 2>/dev/null
  follow_agent
  end_probe
  trap '' TERM INT HUP QUIT
  wait "$agent" || code=$?
  conclude "$code"
}

start_agent() {
  local name
  # With job control a background process gets its own group, so that Ctrl-C in a terminal reaches us alone, and SIGINT works in it:
  # otherwise bash starts it with SIGINT ignored, which the agent would inherit.
  set -m
  (
    # RUNNER_HOME stays: by it a laptop's launcher finds what a job left behind.
    for name in RUNNER_NAME RUNNER_JOB_ID RUNNER_LAUNCH RUNNER_TARGET RUNNER_REGISTRATION RUNNER_IDLE_TIMEOUT_SECONDS RUNNER_IDLE_GRACE_SECONDS \
      RUNNER_STOP_GRACE_SECONDS RUNNER_RECONNECT_SECONDS RUNNER_PROBE_SECONDS RUNNER_WORK RUNNER_VERSION BATON_LOCAL BATON_STARTED_AT BATON_REGISTERED_AT; do
      export -n "${name?}"
    done
    # run.sh dies of a signal at once, and leaves the listener behind, unless told to pass it on.
    export RUNNER_MANUALLY_TRAP_SIG=1 ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1
    export ACTIONS_RUNNER_HOOK_JOB_STARTED="$here/hooks/job-started.sh" ACTIONS_RUNNER_HOOK_JOB_COMPLETED="$here/hooks/job-completed.sh"
    export BATON_HOOK_LOG=$hook_log
    cd "$RUNNER_HOME" || exit 1
    # Job control does not undo what was ignored when we started, as under a shell's `&`. GNU only.
    if env --default-signal=INT,QUIT true 2>/dev/null; then
      as_agent env --default-signal=INT,QUIT ./run.sh
    fi
    as_agent ./run.sh
  ) </dev/null >"$1" 2>&1 &
  agent=$!
  set +m
}

# Until the agent has left. What a job leaves behind may hold the pipe open for longer, so its end tells nothing.
follow_agent() {
  local part="" rest="" code silent
  while :; do
    code=0
    part=""
    IFS= read -r -t 1 part <&3 || code=$?
    rest=$rest$part
    silent=1
    [ "$code" -ne 0 ] && [ -z "$part" ] || silent="" without_worker=""
    forward_hook_lines
    if [ "$code" -eq 0 ]; then
      take_line "$rest"
      rest=""
    fi
    # Looked at with every line: a job may have left behind what writes without end.
    if ! kill -0 "$agent" 2>/dev/null; then
      agent_left_second=$SECONDS
      break
    elif [ "$code" -eq 0 ]; then
      :
    elif [ "$code" -le 128 ]; then
      # The end of the pipe while the agent lives; bash 3.2 also says so when the second is over.
      sleep 0.2
    fi
    look_at_the_clock "$silent"
  done
  forward_hook_lines
  # What the agent had still written. Not for as long as something of the job's goes on writing.
  local lines=0
  while [ "$lines" -lt 1000 ] && [ "$SECONDS" -le $((agent_left_second + 2)) ] && { IFS= read -r -t 1 part <&3 || [ -n "$part" ]; }; do
    take_line "$rest$part"
    rest="" part="" lines=$((lines + 1))
  done
  [ -z "$rest" ] || take_line "$rest"
}

# ask_to_leave WHY: the agent cancels its job, if any, and leaves. The first reason stays.
ask_to_leave() {
  [ -z "$asked_to_leave" ] || return 0
  asked_to_leave=$1
  asked_second=$SECONDS
  asked_after_job=$job_completed_second
  [ -z "$agent" ] || kill -INT "$agent" 2>/dev/null
}

# Asked is only who said nothing after a look that found no worker, either: that look takes a while, in which a job may come. Also, where this
# process itself got no time, the clock ran on and `Running job` may be in the pipe, unread; finding nothing once does not say that there is
# nothing, for a time-out that is an alarm comes before a line. What GitHub assigns and no agent picks up, it queues again.
ask_to_leave_unless_busy() {
  if worker_exists "$agent"; then
    without_worker=""
  elif [ -z "$without_worker" ]; then
    without_worker=1
  else
    ask_to_leave "$1"
  fi
}

# look_at_the_clock SILENT: whether the agent has said nothing for a second.
look_at_the_clock() {
  [ -z "$job_started_at$asked_to_leave" ] || end_probe
  if [ -n "$asked_to_leave" ]; then
    if [ "$SECONDS" -gt $((asked_second + RUNNER_STOP_GRACE_SECONDS)) ]; then
      kill_agent "$agent"
    fi
  elif [ -n "$job_completed_second" ]; then
    if [ "$SECONDS" -gt $((job_completed_second + RUNNER_STOP_GRACE_SECONDS)) ]; then
      ask_to_leave lingering
    fi
  elif [ -n "$job_started_at" ] || [ -z "$1" ]; then
    :
  elif [ "$SECONDS" -ge $((RUNNER_IDLE_TIMEOUT_SECONDS + RUNNER_IDLE_GRACE_SECONDS)) ]; then
    ask_to_leave_unless_busy idle
  elif [ -n "$listening$disconnected_second" ] && is_disconnected_for_long; then
    ask_to_leave_unless_busy disconnected
  elif [ -n "$listening" ] && [ "$RUNNER_PROBE_SECONDS" -gt 0 ]; then
    look_at_registration
    [ -z "$registration_gone" ] || ask_to_leave_unless_busy registration-removed
  fi
}

# The agent says once that it lost GitHub, and again when it is back; in between it polls, for ever if need be.
is_disconnected_for_long() {
  [ -n "$disconnected_second" ] && [ "$SECONDS" -ge $((disconnected_second + RUNNER_RECONNECT_SECONDS)) ]
}

# conclude EXIT_CODE_OF_THE_AGENT
conclude() {
  if [ -n "$job_completed_second" ] && { [ -z "$asked_to_leave" ] || [ -n "$asked_after_job" ]; }; then
    # The job's own result is GitHub's to tell.
    finish 0 ran-a-job
  elif [ -n "$job_started_at" ]; then
    finish 18 interrupted "${asked_to_leave:-the agent left without the end of its job}"
  fi
  case ${asked_to_leave:-$told} in
    stopped) finish 14 stopped "a signal came before a job" ;;
    session-conflict) finish 11 session-conflict "another task holds the session of this runner" ;;
    version-deprecated) finish 13 version-deprecated "GitHub gives no work to agent $agent_version" ;;
    registration-removed)
      # A JIT config is a registration, and an old one is refused like this; a runner that listened was removed meanwhile.
      [ "$RUNNER_REGISTRATION$listening" != jit ] || finish 12 registration-removed "the registration of the JIT config is gone"
      finish 17 registration-removed "the runner is no longer registered at GitHub"
      ;;
    disconnected)
      case $connect_error in
        *[Nn]ot[Ff]ound* | *"not found"* | *"does not exist"* | *deleted* | *invalid_client* | *[Uu]nauthorized* | *" 401"* | *" 404"*)
          finish 17 registration-removed "GitHub knows this runner no more: ${connect_error:0:400}" ;;
      esac
      finish 16 unreachable "${connect_error:0:400}"
      ;;
    idle)
      [ -n "$listening" ] || finish 16 unreachable "the agent never got a session"
      finish 10 idle "no job within $((RUNNER_IDLE_TIMEOUT_SECONDS + RUNNER_IDLE_GRACE_SECONDS)) s"
      ;;
    unreachable) finish 16 unreachable "${connect_error:-the agent ended with an error that it would try again after}" ;;
  esac
  [ "$1" -ne 7 ] || finish 13 version-deprecated "GitHub gives no work to agent $agent_version"
  finish 17 "${told:-agent-ended}" "the agent left with $1 and had no job"
}
