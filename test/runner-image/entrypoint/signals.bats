#!/usr/bin/env bats
# 14 and 18: every signal that ends a container, at every stage of a task. The agent gets INT and nothing else.
load helper

setup() { prepare_task; }

in_a_job=$'on_interrupt() { complete_job build Canceled; }\nlisten\nrun_job build\npoll'
registering='touch registering; sleep 30'

@test "ends with 18 when a signal comes during a job, which the agent cancels on INT" {
  local signal
  for signal in TERM INT HUP QUIT; do
    rm -f "$agent/.runner" "$agent/signals"
    listener_runs <<<"$in_a_job"
    start_task
    eventually printed runner.job-started
    kill -s "$signal" "$task_pid"
    end_of_task
    ended_with 18 interrupted
    assert_output --partial '"result":"Canceled"'
    assert_equal "$(cat "$agent/signals")" INT
  done
}

@test "ends with 14 when a signal comes before a job" {
  local signal
  for signal in TERM INT HUP QUIT; do
    rm -f "$agent/.runner" "$agent/signals"
    listener_runs <<<'listen; poll'
    start_task
    eventually printed runner.listening
    kill -s "$signal" "$task_pid"
    end_of_task
    ended_with 14 stopped
    assert_equal "$(cat "$agent/signals")" INT
  done
}

@test "ends with 14 when a signal comes while it registers, and registers no further" {
  local signal
  for signal in TERM INT HUP QUIT; do
    rm -f "$agent/registering" "$agent/calls"
    listener_configures <<<"$registering"
    start_task
    eventually test -e "$agent/registering"
    kill -s "$signal" "$task_pid"
    end_of_task
    ended_with 14 stopped
    assert_equal "$(calls configure) $(calls run)" "1 0"
  done
}

@test "ends with 14 when a signal comes before anything was done, and says that it started all the same" {
  # Bash reads this first, and runs it before each command of the entrypoint's own: the first one after its trap is where it looks for its folder.
  echo '[[ $0 != */entrypoint.sh ]] || trap '\''[[ $BASH_COMMAND != here=* ]] || kill -TERM $$'\'' DEBUG' >"$BATS_TEST_TMPDIR/first"
  run_task "BASH_ENV=$BATS_TEST_TMPDIR/first"
  ended_with 14 stopped
  assert_line --index 0 --partial '"event":"runner.started"'
  assert_not_exists "$agent/calls"
}

@test "ends with 14 when a signal comes during the pause before another try" {
  listener_configures <<<"echo 'Http response code: BadGateway'; exit 1"
  start_task RUNNER_RETRY_SECONDS=60
  eventually printed BadGateway
  kill -TERM "$task_pid"
  end_of_task
  ended_with 14 stopped
  assert_equal "$(calls configure)" 1
}

@test "a second signal changes nothing" {
  listener_runs <<<$'on_interrupt() { until [ -e go-on ]; do sleep 0.05; done; complete_job build Canceled; }\nlisten\nrun_job build\npoll'
  start_task
  eventually printed runner.job-started
  kill -TERM "$task_pid"
  eventually test -e "$agent/signals"
  kill -TERM "$task_pid"
  touch "$agent/go-on"
  end_of_task
  ended_with 18 interrupted
  assert_output --partial '"result":"Canceled"'
  assert_equal "$(cat "$agent/signals")" INT
}

@test "leaves inside the stop time-out when the agent does not" {
  listener_runs <<<$'deaf\nlisten\nrun_job build\npoll'
  start_task RUNNER_STOP_GRACE_SECONDS=1
  eventually printed runner.job-started
  kill -TERM "$task_pid"
  end_of_task
  ended_with 18 interrupted
  assert [ "$(last_line '.seconds < 60')" = true ]
}

@test "a job that ends before the signal reaches it has run" {
  listener_runs <<<$'on_interrupt() { :; }\nlisten\nrun_job build\ncomplete_job build Succeeded\npoll'
  start_task
  eventually printed runner.job-completed
  kill -TERM "$task_pid"
  end_of_task
  ended_with 0 ran-a-job
}

@test "passes INT on also when it was started with every such signal ignored, as by a shell's &" {
  script=$BATS_TEST_TMPDIR/outer.sh
  printf 'trap "" INT QUIT\nexec bash %q\n' "$entrypoint" >"$script"
  listener_runs <<<"$in_a_job"
  start_task
  eventually printed runner.job-started
  kill -TERM "$task_pid"
  end_of_task
  ended_with 18 interrupted
  assert_output --partial '"result":"Canceled"'
  assert_equal "$(cat "$agent/signals")" INT
}

@test "leaves no process of the agent behind" {
  listener_runs <<<$'on_interrupt() { complete_job build Canceled; }\necho $$ >pid\nlisten\nrun_job build\npoll'
  start_task
  eventually printed runner.job-started
  kill -TERM "$task_pid"
  end_of_task
  ended_with 18 interrupted
  run -1 kill -0 "$(cat "$agent/pid")"
}
