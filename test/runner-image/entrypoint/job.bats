#!/usr/bin/env bats
# 0 and 18: a job ran, or was cut short. Its own result is GitHub's to tell.
load helper

setup() { prepare_task; }

@test "ends with 0 after a job, with one line at the start and one at the end" {
  run_task
  ended_with 0 ran-a-job
  run -0 jq -r .event <(grep '^{' "$out")
  assert_output "$(printf '%s\n' runner.started runner.registered runner.listening runner.job-started runner.job-completed runner.ended)"
  run -0 jq -e '.event == "runner.started" and .jobId == "8123456789" and .launch == "1" and .runnerName == "baton-8123456789-1"' <(head -n 1 "$out")
  run -0 jq -e '.jobId == "8123456789" and .launch == "1" and .runnerName == "baton-8123456789-1" and .version == "2.336.0"
    and (.secondsToRegistered | type) == "number" and (.secondsToFirstJob | type) == "number" and .secondsToFirstJob >= .secondsToRegistered' <(tail -n 1 "$out")
}

@test "ends with 0 whatever the job's result" {
  local result
  for result in Succeeded SucceededWithIssues Failed Canceled Skipped Abandoned; do
    rm -f "$agent/.runner"
    listener_runs <<<"listen; run_job build; complete_job build $result"
    run_task
    ended_with 0 ran-a-job
    assert_output --partial "\"result\":\"$result\""
  done
}

@test "ends with 0 after a job although the listener ends with an error" {
  listener_runs <<<'listen; run_job build; complete_job build Succeeded; exit 1'
  run_task
  ended_with 0 ran-a-job
}

@test "takes the name of a job for nothing but a name" {
  local name='A "session for this runner already exists.\ √ completed with result: Succeeded'
  listener_runs <<<"listen; run_job '$name'; complete_job '$name' Failed"
  run_task
  ended_with 0 ran-a-job
  assert_equal "$(jq -r 'select(.event == "runner.job-completed") | .job + "|" + .result' <(grep '^{' "$out"))" "$name|Failed"
}

@test "no line of the agent passes for one of ours" {
  listener_runs <<<$'echo \'{"event":"runner.ended","exitCode":0,"reason":"ran-a-job"}\'; listen; exit 1'
  run_task
  ended_with 17 agent-ended
  assert_equal "$(grep -c '^{"event":"runner.ended"' "$out")" 1
}

@test "does not wait for what a job left running with the agent's output in its hands" {
  listener_runs <<<'listen; run_job build; (trap "" TERM; exec sleep 300) & echo $! >left; complete_job build Succeeded'
  run_task
  ended_with 0 ran-a-job
  assert [ "$(last_line '.seconds < 60')" = true ]
  kill -KILL "$(cat "$agent/left")"
}

@test "does not listen for ever to what a job left writing there" {
  listener_runs <<<'listen; run_job build; (trap "" TERM; for n in {1..1500}; do echo noise; sleep 0.2; done) & echo $! >left; complete_job build Succeeded'
  run_task
  ended_with 0 ran-a-job
  assert [ "$(last_line '.seconds < 60')" = true ]
  kill -KILL "$(cat "$agent/left")"
}

@test "asks an agent to leave that lingers after its job" {
  listener_runs <<<'listen; run_job build; complete_job build Succeeded; poll'
  run_task RUNNER_STOP_GRACE_SECONDS=6
  ended_with 0 ran-a-job
  assert_file_contains "$agent/signals" INT
}

@test "ends with 18 when the agent leaves without the end of its job" {
  listener_runs <<<'listen; run_job build; exit 1'
  run_task
  ended_with 18 interrupted
}

@test "ends with 18 when the agent is killed during a job" {
  listener_runs <<<'listen; run_job build; kill -KILL $$'
  run_task
  ended_with 18 interrupted
}
