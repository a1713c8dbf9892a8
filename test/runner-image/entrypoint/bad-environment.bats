#!/usr/bin/env bats
# 15: what the entrypoint is told does not make sense. It says which variables, all at once, and calls nobody.
load helper

setup() { prepare_task; }

@test "names every missing variable at once" {
  local name names=(RUNNER_NAME RUNNER_URL RUNNER_LABELS RUNNER_GROUP RUNNER_REGISTRATION RUNNER_CREDENTIAL RUNNER_JOB_ID RUNNER_LAUNCH RUNNER_TARGET
    RUNNER_IDLE_TIMEOUT_SECONDS)
  run_task "${names[@]}"
  ended_with 15 bad-environment
  for name in "${names[@]}"; do
    run -0 last_line .detail
    assert_output --partial "$name is missing"
    run -0 cat "$err"
    assert_output --partial "$name"
  done
  assert_file_not_exist "$agent/calls"
}

# One test each would take a minute more; a failure names the variable and its value.
@test "refuses every value that is not of its variable's form, by the variable's name" {
  local wrong
  for wrong in 'RUNNER_NAME=a"b' "RUNNER_NAME=$(printf 'n%.0s' {1..65})" RUNNER_NAME=--replace $'RUNNER_NAME=good\n$(touch pwned)' \
    RUNNER_URL=ftp://example.test/acme RUNNER_URL=http://example.test RUNNER_URL=https://example.test/a/b/c \
    RUNNER_LABELS=--token $'RUNNER_LABELS=small\nlarge' RUNNER_GROUP=--url RUNNER_REGISTRATION=pat "RUNNER_JOB_ID=12'; DROP" RUNNER_LAUNCH=-1 \
    'RUNNER_TARGET=${IFS}' 'RUNNER_IDLE_TIMEOUT_SECONDS=a[$(touch pwned)]' RUNNER_IDLE_GRACE_SECONDS=1e3 RUNNER_STOP_GRACE_SECONDS=soon \
    RUNNER_RETRY_SECONDS=x RUNNER_RECONNECT_SECONDS=x RUNNER_PROBE_SECONDS=x RUNNER_SUDO=no BATON_DOCKER=yes RUNNER_CREDENTIAL=AREGISTRATIONTOKEN \
    'RUNNER_CREDENTIAL=plain:not base64' RUNNER_EVENT_VERSION=2 RUNNER_HOME=relative RUNNER_HOME=/nowhere RUNNER_WORK=-rf BATON_LOCAL=yes \
    BATON_KEEP_ENVIRONMENT=AWS_CONTAINER_CREDENTIALS_RELATIVE_URI 'BATON_KEEP_ENVIRONMENT=A B' GITHUB_API_URL=api.github.com; do
    run_task "$wrong"
    ended_with 15 bad-environment || fail "with $wrong"
    run -0 last_line .detail
    assert_output --partial "${wrong%%=*}"
    assert_file_not_exist "$agent/calls"
  done
  run -0 find "$BATS_TEST_TMPDIR" -name pwned
  refute_output
}

@test "reports hostile values as they are, in valid JSON" {
  local name=$'a"b\\c\n\t\r\x01$(id) `id` √ &'
  run_task "RUNNER_NAME=$name" "RUNNER_TARGET=$name"
  ended_with 15 bad-environment
  run -0 jq -r '.runnerName, .target' <(head -n 1 "$out")
  assert_equal "$output" "${name/$'\x01'/?}"$'\n'"${name/$'\x01'/?}"
}

@test "reports text that is no UTF-8 in valid JSON" {
  run_task RUNNER_NAME=$'\xff\xfe'
  ended_with 15 bad-environment
  assert_equal "$(last_line .runnerName)" '??'
}

@test "refuses an unsealed credential outside a laptop, without printing it" {
  run_task BATON_LOCAL
  ended_with 15 bad-environment
  run -0 last_line .detail
  assert_output --partial "RUNNER_CREDENTIAL is not sealed"
  run -1 grep -F "$(plain "$token" | cut -d : -f 2)" "$out" "$err"
}

@test "wants https outside a laptop" {
  run_task BATON_LOCAL RUNNER_URL=http://github.test/acme
  ended_with 15 bad-environment
  run -0 last_line .detail
  assert_output --partial "RUNNER_URL must be the https URL"
}

@test "refuses to be anything but root with an agent of user runner, outside a laptop" {
  run_task BATON_LOCAL RUNNER_CREDENTIAL=kms:c2VhbGVk
  ended_with 15 bad-environment
  run -0 last_line .detail
  assert_output --partial "must start as root"
}

@test "wants a region and a task role to open a seal" {
  run_task RUNNER_CREDENTIAL=kms:c2VhbGVk
  ended_with 15 bad-environment
  run -0 last_line .detail
  assert_output --regexp 'AWS_REGION is missing.*AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is missing'
}

@test "refuses a directory that another runner was registered in" {
  echo '{}' >"$agent/.runner"
  run_task
  ended_with 15 bad-environment
  run -0 last_line .detail
  assert_output --partial "RUNNER_HOME holds a registered runner already"
}

@test "refuses to take sudo away where a Docker daemon gives it back" {
  run_task RUNNER_SUDO=0 BATON_DOCKER=1
  ended_with 15 bad-environment
  run -0 last_line .detail
  assert_output --partial "RUNNER_SUDO must not be 0"
}

@test "takes no argument" {
  run -15 env -i "${task[@]}" bash "$entrypoint" register
  assert_output --partial "takes no argument"
}
