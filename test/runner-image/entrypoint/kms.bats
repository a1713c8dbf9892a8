#!/usr/bin/env bats
# A credential sealed with KMS, opened over HTTP: the stub checks the request's Signature Version 4 with code of its own.
load helper

setup() {
  prepare_task
  stub=$BATS_TEST_TMPDIR/kms
  mkdir "$stub"
  printf %s "$token" >"$stub/credential"
}

# start_kms [STATUS:TYPE]…: with these as its first answers.
start_kms() {
  "$project/node_modules/.bin/node" "$BATS_TEST_DIRNAME/run-kms-stub.ts" "$stub" "$@" >"$stub/log" 2>&1 3>&- &
  stub_pid=$!
  : >"$out"
  : >"$err"
  eventually test -s "$stub/origin"
}

run_sealed_task() {
  run_task "RUNNER_CREDENTIAL=kms:$(cat "$stub/sealed")" AWS_REGION=eu-central-1 "AWS_ENDPOINT_URL_KMS=$(cat "$stub/origin")" \
    "AWS_CONTAINER_CREDENTIALS_FULL_URI=$(cat "$stub/origin")/role" "$@"
}

decryptions() { cat "$stub/decryptions"; }

@test "is opened by a request signed with the task role, session token included" {
  start_kms
  run_sealed_task
  ended_with 0 ran-a-job
  assert_equal "$(decryptions)" 1
  assert_file_contains "$agent/environment-of-configure" "^ACTIONS_RUNNER_INPUT_TOKEN=$token$"
}

@test "a JIT config is opened the same way" {
  jit_config >"$stub/credential"
  start_kms
  run_sealed_task RUNNER_REGISTRATION=jit
  ended_with 0 ran-a-job
}

@test "curl is given the keys on stdin: none in its arguments or environment, and no file is left" {
  start_kms
  # A curl that tells what could be seen of it, then is curl.
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/usr/bin/env bash\n{ printf "%%s\\n" "$@"; env; } >>%q\nexec %q "$@"\n' "$stub/seen" "$(command -v curl)" >"$BATS_TEST_TMPDIR/bin/curl"
  chmod +x "$BATS_TEST_TMPDIR/bin/curl"
  run_sealed_task "PATH=$BATS_TEST_TMPDIR/bin:$PATH"
  ended_with 0 ran-a-job
  assert_file_contains "$stub/seen" aws-sigv4
  run -1 grep -E 'test/secret\+key|ASIATESTKEY|IQoJb3JpZ2luX2Vj' "$stub/seen" "$out" "$err"
  run -1 grep -rE 'test/secret\+key|IQoJb3JpZ2luX2Vj' "$BATS_TEST_TMPDIR/tmp" "$agent"
  # Other tasks of this machine have such directories, too.
  run -0 sed -n 's,^\(/.*/baton\.[^/]*\)/answer.json$,\1,p' "$stub/seen"
  assert_output --partial /baton.
  assert_dir_not_exist "${lines[0]}"
}

@test "stays shut, with 12 and after one call, for another job, launch or target" {
  local change
  start_kms
  for change in RUNNER_JOB_ID=1 RUNNER_LAUNCH=2 RUNNER_TARGET=fargate-arm64; do
    run_sealed_task "$change"
    ended_with 12 credential-unreadable
    assert_output --partial InvalidCiphertextException
  done
  assert_equal "$(decryptions)" 3
  assert_file_not_exist "$agent/calls"
}

@test "stays shut, with 12, for a task role that may not open it, and for a refusal nobody knows" {
  start_kms 400:com.amazonaws.kms#AccessDeniedException 400:KMSInvalidStateException
  run_sealed_task
  ended_with 12 credential-refused
  run_sealed_task
  ended_with 12 credential-refused
  assert_equal "$(decryptions)" 2
}

@test "is opened after KMS was busy" {
  start_kms 500:KMSInternalException 400:ThrottlingException 503
  run_sealed_task
  ended_with 0 ran-a-job
  assert_equal "$(decryptions)" 4
}

@test "ends the task with 16 when KMS stays busy" {
  start_kms 503 503 429 503
  run_sealed_task
  ended_with 16 kms-unreachable
  assert_equal "$(decryptions)" 4
}

@test "ends the task with 16 when nobody answers for KMS, or for the task role" {
  start_kms
  run_sealed_task AWS_ENDPOINT_URL_KMS=http://127.0.0.1:9
  ended_with 16 kms-unreachable
  run_sealed_task AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:9/role
  ended_with 16 kms-unreachable
  assert_equal "$(decryptions)" 0
}

@test "ends the task with 12 when the task role's address is not one" {
  start_kms
  run_sealed_task "AWS_CONTAINER_CREDENTIALS_FULL_URI=$(cat "$stub/origin")/nobody"
  ended_with 12 credential-unreadable
}

@test "ends the task with 14 when a signal comes while it waits for KMS" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/usr/bin/env bash\ntouch %q\nexec sleep 30\n' "$stub/asked" >"$BATS_TEST_TMPDIR/bin/curl"
  chmod +x "$BATS_TEST_TMPDIR/bin/curl"
  start_task "PATH=$BATS_TEST_TMPDIR/bin:$PATH" RUNNER_CREDENTIAL=kms:c2VhbGVk AWS_REGION=eu-central-1 AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/role
  eventually test -e "$stub/asked"
  kill -TERM "$task_pid"
  end_of_task
  ended_with 14 stopped
}
