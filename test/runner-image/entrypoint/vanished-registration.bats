#!/usr/bin/env bats
# 17: the registration vanishes while the agent polls on and says nothing. GitHub's token service is asked with the runner's own key.
load helper

setup() {
  prepare_task
  service=$BATS_TEST_TMPDIR/service
  mkdir "$service"
  listener_configures <<END
register
cp $service/credentials .credentials
cp $service/rsaparams .credentials_rsaparams
END
}

start_service() {
  "$project/node_modules/.bin/node" "$BATS_TEST_DIRNAME/run-token-service-stub.ts" "$service" "$1" >"$service/log" 2>&1 3>&- &
  stub_pid=$!
  : >"$out"
  : >"$err"
  eventually test -e "$service/ready"
}

asked() { [ "$(grep -c "^$1$" "$service/questions")" -ge "$2" ]; }

@test "ends with 17 once GitHub, who knew the runner, says it no longer does" {
  local algorithm
  for algorithm in PS256 RS256; do
    rm -rf "$agent/.runner" "${service:?}"/*
    start_service "$algorithm"
    listener_runs <<<'listen; poll'
    start_task RUNNER_PROBE_SECONDS=1
    eventually asked signed 2
    touch "$service/deleted"
    end_of_task
    ended_with 17 registration-removed
    assert_file_contains "$agent/signals" INT
    run -1 grep -q "not signed" "$service/questions"
    kill "$stub_pid"
  done
}

@test "concludes nothing where the first question is refused, and asks no more" {
  start_service PS256
  touch "$service/deleted"
  listener_runs <<<"listen; until [ -s $service/questions ]; do sleep 0.1; done; sleep 5; run_job build; complete_job build Succeeded"
  run_task RUNNER_PROBE_SECONDS=1
  ended_with 0 ran-a-job
  assert_equal "$(wc -l <"$service/questions")" 1
}

@test "concludes nothing from a token service that fails" {
  start_service PS256
  listener_runs <<<"listen; until [ -e $service/broken ] && [ \$(wc -l <$service/questions) -ge 3 ]; do sleep 0.1; done; run_job build; complete_job build Succeeded"
  start_task RUNNER_PROBE_SECONDS=1
  eventually asked signed 1
  touch "$service/broken"
  end_of_task
  ended_with 0 ran-a-job
}

@test "asks nothing while a job runs, and leaves no file" {
  start_service PS256
  listener_runs <<<'say "Listening for Jobs" "Running job: build"; sleep 5; complete_job build Succeeded'
  run_task RUNNER_PROBE_SECONDS=1
  ended_with 0 ran-a-job
  assert_file_not_exist "$service/questions"
  run -0 ls -A "$BATS_TEST_TMPDIR/tmp"
  refute_output
}
