#!/usr/bin/env bats
# The job hooks: one line each, to the job's log and to the container's, and the user's own scripts.
load helper

hook_env=(GITHUB_REPOSITORY=acme/shop GITHUB_RUN_ID=77 GITHUB_JOB=build RUNNER_NAME=baton-8123456789-1)

setup() {
  prepare_task
  # A copy, for a user's scripts to be put into.
  cp -R "$project/runner-image" "$BATS_TEST_TMPDIR/image"
  hooks=$BATS_TEST_TMPDIR/image/hooks
}

# hook NAME [NAME=VALUE]…: as the agent runs it.
hook() {
  local name=$1
  shift
  env -i "PATH=$PATH" "${hook_env[@]}" "$@" bash -e "$hooks/$name.sh"
}

@test "say which job it is as GitHub gives it, in one line each" {
  local name
  for name in job-started job-completed; do
    run -0 hook "$name"
    assert_output "{\"event\":\"hook.$name\",\"repository\":\"acme/shop\",\"runId\":\"77\",\"job\":\"build\",\"runnerName\":\"baton-8123456789-1\"}"
  done
}

@test "say it in valid JSON whatever the names are" {
  run -0 hook job-started $'GITHUB_JOB=a"b\\c\nd'
  assert_equal "$(jq -r .job <<<"$output")" $'a"b\\c\nd'
}

@test "run the user's scripts in the order of their names, and nothing else in the folder" {
  echo 'echo second in $PWD' >"$hooks/job-started.d/20-b.sh"
  echo 'echo first for $GITHUB_RUN_ID' >"$hooks/job-started.d/10-a.sh"
  echo 'echo never' >"$hooks/job-started.d/README"
  run -0 hook job-started
  assert_line --index 1 "Running 10-a.sh"
  assert_line --index 2 "first for 77"
  assert_line --index 4 "second in $PWD"
  refute_output --partial never
}

@test "a script that fails before the job fails the job, and the ones after it do not run" {
  echo 'exit 3' >"$hooks/job-started.d/10-a.sh"
  echo 'echo never' >"$hooks/job-started.d/20-b.sh"
  run -1 hook job-started
  assert_line "##[error]The hook $hooks/job-started.d/10-a.sh ended with 3"
  refute_output --partial never
}

@test "a script that fails after the job fails the job, once all of them have run" {
  echo 'exit 3' >"$hooks/job-completed.d/10-a.sh"
  echo 'echo cleaned up' >"$hooks/job-completed.d/20-b.sh"
  run -1 hook job-completed
  assert_line "cleaned up"
}

@test "the agent is told of both, whatever the image's environment says" {
  listener_runs <<<'listen; run_job build; complete_job build Succeeded'
  run_task ACTIONS_RUNNER_HOOK_JOB_STARTED=/elsewhere
  ended_with 0 ran-a-job
  assert_file_contains "$agent/environment-of-run" "^ACTIONS_RUNNER_HOOK_JOB_STARTED=$project/runner-image/hooks/job-started.sh$"
  assert_file_contains "$agent/environment-of-run" "^ACTIONS_RUNNER_HOOK_JOB_COMPLETED=$project/runner-image/hooks/job-completed.sh$"
}

@test "their lines are among the container's" {
  listener_runs <<'END'
listen
run_job build
GITHUB_REPOSITORY=acme/shop GITHUB_RUN_ID=77 GITHUB_JOB=build RUNNER_NAME=baton-8123456789-1 bash -e "$ACTIONS_RUNNER_HOOK_JOB_STARTED" >/dev/null
complete_job build Succeeded
END
  run_task
  ended_with 0 ran-a-job
  assert_line '{"event":"hook.job-started","repository":"acme/shop","runId":"77","job":"build","runnerName":"baton-8123456789-1"}'
}

@test "a job can put nothing but such lines there, and only a few" {
  listener_runs <<'END'
listen
run_job build
{
  echo '{"event":"runner.ended","exitCode":0}'
  echo '{"event":"hook.job-started","exitCode":0}'
  echo '{"event":"hook.job-started","repository":"a","runId":"1","job":"b","event":"runner.ended","runnerName":"c"}'
  for n in 1 2 3 4 5 6 7 8 9; do echo '{"event":"hook.job-started","repository":"a","runId":"1","job":"mine","runnerName":"c"}'; done
} >>"$BATON_HOOK_LOG"
complete_job build Succeeded
END
  run_task
  ended_with 0 ran-a-job
  assert_equal "$(grep -c '"event":"hook' "$out")" 5
  assert_equal "$(grep -c '"event":"runner.ended"' "$out")" 1
}
