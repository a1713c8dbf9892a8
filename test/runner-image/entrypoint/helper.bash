# shellcheck shell=bash
# For the entrypoint's tests: an agent whose listener is a script that each test writes, and ways to wait and to look.
#
# Everything between entrypoint.sh and the listener is as in production: config.sh, run.sh and run-helper.sh are the stand-in agent's, with
# the real one's ways of losing exit codes and signals.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

project=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd -P)
entrypoint=$project/runner-image/entrypoint.sh
token=AREGISTRATIONTOKENOFTHISTEST

# Called by every `setup`: a fresh agent, and the contract's variables in `task`.
prepare_task() {
  agent=$BATS_TEST_TMPDIR/agent
  out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
  mkdir -p "$agent/bin" "$BATS_TEST_TMPDIR/tmp"
  cp "$project"/app/local/stand-in-agent/{config.sh,run.sh,run-helper.sh.template,safe_sleep.sh} "$agent"
  cp "$BATS_TEST_DIRNAME/scripted-listener.sh" "$agent/bin/Runner.Listener"
  listener_configures <<<'register'
  listener_runs <<<'listen; run_job build; complete_job build Succeeded'
  task=(
    "PATH=$PATH" "HOME=$BATS_TEST_TMPDIR" "TMPDIR=$BATS_TEST_TMPDIR/tmp" BATON_LOCAL=1 "RUNNER_HOME=$agent" RUNNER_NAME=baton-8123456789-1
    RUNNER_URL=https://github.test/acme RUNNER_LABELS=self-hosted,linux,x64,small RUNNER_GROUP=Default RUNNER_REGISTRATION=token
    "RUNNER_CREDENTIAL=$(plain "$token")" RUNNER_JOB_ID=8123456789 RUNNER_LAUNCH=1 RUNNER_TARGET=fargate-x64
    RUNNER_IDLE_TIMEOUT_SECONDS=300 RUNNER_RETRY_SECONDS=0 RUNNER_STOP_GRACE_SECONDS=60
  )
}

# What `config.sh` and `run.sh` do, on stdin: bash, in the agent's directory, with the words of scripted-listener.sh.
listener_configures() { cat >"$agent/configure-script"; }
listener_runs() { cat >"$agent/run-script"; }

# plain TEXT: as the sealer does it on a laptop.
plain() { printf 'plain:%s' "$(printf %s "$1" | gzip -c | base64 | tr -d '\n')"; }

# jit_config [NAME]: the JSON of a JIT config, as it is sealed; without the file NAME.
jit_config() {
  local name separator=""
  printf '{'
  for name in .runner .credentials .credentials_rsaparams; do
    [ "$name" != "${1:-}" ] || continue
    printf '%s"%s":"%s"' "$separator" "$name" "$(printf '{"of":"%s"}' "$name" | base64)"
    separator=,
  done
  printf '}'
}

# run_task [NAME=VALUE | NAME]…: to its end; NAME alone takes a variable away.
run_task() {
  start_task "$@"
  end_of_task
}

start_task() {
  local change entry changed=("${task[@]}")
  for change in "$@"; do
    for entry in "${!changed[@]}"; do
      case ${changed[$entry]} in "${change%%=*}="*) unset "changed[$entry]" ;; esac
    done
    case $change in *=*) changed+=("$change") ;; esac
  done
  : >"$out"
  # A container starts with no signal ignored, bash starts what is behind a `&` with INT and QUIT ignored. Descriptor 3 is bats' own; a
  # task that outlives its test would hold bats up.
  env --default-signal=INT,QUIT -i "${changed[@]}" bash "${script:-$entrypoint}" >"$out" 2>"$err" 3>&- &
  task_pid=$!
}

# For what hangs; a machine may be slow.
patience=90

# Sets `status`, `output` and `lines`, as bats' run does.
end_of_task() {
  local deadline=$((SECONDS + patience))
  status=0
  while kill -0 "$task_pid" 2>/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || fail "the task does not end; stdout: $(cat "$out"); stderr: $(cat "$err")"
    sleep 0.02
  done
  wait "$task_pid" || status=$?
  task_pid=""
  output=$(cat "$out")
  mapfile -t lines <"$out"
}

teardown() {
  [ -z "${task_pid:-}" ] || kill -KILL "$task_pid" 2>/dev/null || true
  [ -z "${stub_pid:-}" ] || kill "$stub_pid" 2>/dev/null || true
}

# eventually COMMAND…: until it succeeds.
eventually() {
  local deadline=$((SECONDS + patience))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || fail "waited in vain for: $*; stdout: $(cat "$out"); stderr: $(cat "$err")"
    sleep 0.02
  done
}

printed() { grep -qF -- "$1" "$out"; }

# last_line FILTER: of the JSON line that says how the task ended, by jq.
last_line() { tail -n 1 "$out" | jq -r "$1"; }

# ended_with CODE REASON: the exit code, and the same in the last line; every line that looks like JSON is.
ended_with() {
  assert_equal "$status $(last_line '"\(.event) \(.exitCode) \(.reason)"')" "$1 runner.ended $1 $2"
  grep '^{' "$out" | jq -es 'length >= 2 and all(has("event"))' >/dev/null || fail "a line that is no JSON: $output"
}

# How often the listener was called for `configure` or `run`.
calls() { grep -c "^$1" "$agent/calls" || true; }
