#!/usr/bin/env bats
# 10, 11, 12, 13, 16, 17: no job came, and why. run.sh ends with 0 for nearly all of them.
load helper

setup() { prepare_task; }

# The backstop counts from before the agent starts, which takes a while where the machine is busy.
soon_seconds=8
soon=("RUNNER_IDLE_TIMEOUT_SECONDS=$soon_seconds" RUNNER_IDLE_GRACE_SECONDS=0)
deleted="Failed to create a session. The runner registration has been deleted from the server, please re-configure."

@test "ends with 10 when the idle backstop fires, by asking the agent to leave" {
  listener_runs <<<'listen; poll'
  run_task "${soon[@]}"
  ended_with 10 idle
  assert_equal "$(last_line .secondsToFirstJob)" null
  assert_equal "$(cat "$agent/signals")" INT
}

@test "the backstop is the time-out and 300 seconds" {
  listener_runs <<<'listen; sleep 5; exit 0'
  run_task RUNNER_IDLE_TIMEOUT_SECONDS=0
  ended_with 17 agent-ended
}

@test "the backstop does not touch a running job" {
  listener_runs <<<"listen; run_job build; sleep $((soon_seconds + 3)); complete_job build Succeeded"
  run_task "${soon[@]}"
  ended_with 0 ran-a-job
  assert_file_not_exist "$agent/signals"
}

@test "the backstop does not touch an agent whose worker is there, though it has not said so yet" {
  listener_runs <<<"listen; bash -c 'exec -a bin/Runner.Worker sleep 300' & sleep $((soon_seconds + 3)); run_job build; complete_job build Succeeded; kill %1"
  run_task "${soon[@]}"
  ended_with 0 ran-a-job
}

@test "the backstop does not touch an agent that said so while the task got no time to read it" {
  listener_runs <<<'listen; until [ -e go-on ]; do sleep 0.05; done; run_job build; touch said; until [ -e finish ]; do sleep 0.05; done; complete_job build Succeeded'
  start_task "${soon[@]}"
  eventually printed runner.listening
  kill -STOP "$task_pid"
  touch "$agent/go-on"
  eventually test -e "$agent/said"
  sleep "$soon_seconds"
  kill -CONT "$task_pid"
  eventually printed runner.job-started
  touch "$agent/finish"
  end_of_task
  ended_with 0 ran-a-job
  assert_file_not_exist "$agent/signals"
}

@test "kills an idle agent that does not leave" {
  listener_runs <<<'deaf; listen; poll'
  run_task "${soon[@]}" RUNNER_STOP_GRACE_SECONDS=0
  ended_with 10 idle
}

@test "ends with 11, at once, when another task holds the session" {
  listener_runs <<<'echo "A session for this runner already exists."; poll'
  run_task
  ended_with 11 session-conflict
}

@test "ends with 12 when the registration of a JIT config is gone" {
  listener_runs <<<"echo '$deleted'; exit 1"
  run_task RUNNER_REGISTRATION=jit "RUNNER_CREDENTIAL=$(plain "$(jit_config)")"
  ended_with 12 registration-removed
}

@test "ends with 13 when GitHub gives no work to this version" {
  listener_runs <<<'listen; echo "An error occured: Runner version v2.336.0 is deprecated and cannot receive messages."; exit 7'
  run_task
  ended_with 13 version-deprecated
}

@test "ends with 16 when the idle backstop fires and the agent never got a session" {
  listener_runs <<<'say "Runner connect error: The HTTP request timed out. Retrying until reconnected."; poll'
  run_task RUNNER_IDLE_TIMEOUT_SECONDS=1 RUNNER_IDLE_GRACE_SECONDS=0
  ended_with 16 unreachable
}

@test "ends with 17 when the registration vanishes while it listens, whether the agent leaves" {
  listener_runs <<<"listen; echo '$deleted'; exit 1"
  run_task
  ended_with 17 registration-removed
}

@test "… or would poll for ever" {
  local text
  for text in "$deleted" "The runner no longer exists on the server. Please reconfigure the runner."; do
    rm -f "$agent/.runner"
    listener_runs <<<"listen; echo '$text'; poll"
    run_task
    ended_with 17 registration-removed
  done
}

@test "… or only says that it lost GitHub, which no longer knows it" {
  local error
  for error in "VS30063: You are not authorized to access https://broker.test. Unauthorized" "Response status code does not indicate success: 404 (Not Found)." \
    "Registration 1234 was not found."; do
    rm -f "$agent/.runner"
    listener_runs <<<"listen; say 'Runner connect error: $error. Retrying until reconnected.'; poll"
    run_task RUNNER_RECONNECT_SECONDS=1
    ended_with 17 registration-removed
  done
}

@test "ends with 16 when it lost GitHub for good" {
  listener_runs <<<'listen; say "Runner connect error: Connection refused. Retrying until reconnected."; poll'
  run_task RUNNER_RECONNECT_SECONDS=1
  ended_with 16 unreachable
  assert_output --partial "Connection refused"
}

@test "bears with a GitHub that comes back" {
  listener_runs <<'END'
listen
say "Runner connect error: Connection refused. Retrying until reconnected." "Runner reconnected."
sleep 5
run_job build
complete_job build Succeeded
END
  run_task RUNNER_RECONNECT_SECONDS=1
  ended_with 0 ran-a-job
}

@test "tells the listener's exit codes apart, which run.sh does not" {
  local code
  while read -r code expected; do
    rm -f "$agent/.runner"
    listener_runs <<<"exit $code"
    run_task
    # shellcheck disable=SC2086
    ended_with $expected || fail "for listener code $code"
  done <<'END'
0 17 agent-ended
1 17 agent-ended
3 17 agent-updating
4 17 agent-updating
5 11 session-conflict
6 17 agent-ended
7 13 version-deprecated
100 17 agent-ended
END
}

@test "… also a retryable error, after the pause that run-helper.sh makes" {
  printf '#!/usr/bin/env bash\n' >"$agent/safe_sleep.sh"
  listener_runs <<<"exit 2"
  run_task
  ended_with 16 unreachable
}

@test "… and those of a run.sh that hands the code out, as some versions did" {
  printf '#!/usr/bin/env bash\ncode=0; ./run-helper.sh.template || code=$?; echo "Exiting runner..."; exit $code\n' >"$agent/run.sh"
  listener_runs <<<"exit 7"
  run_task
  ended_with 13 version-deprecated
}
