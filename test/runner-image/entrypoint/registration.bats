#!/usr/bin/env bats
# Both ways to register, what they leave behind, and why registering fails: config.sh ends with 1 whatever happened.
load helper

setup() { prepare_task; }

# answers TEXT: what the agent says when it fails to register.
answers() { listener_configures <<<"printf '%s\n' '$1'; exit 1"; }
refused() { answers "Http response code: $1 from 'POST https://api.github.test/actions/runner-registration'"; }

@test "registers an ephemeral runner by the documented flags, with the token in the environment of config.sh alone" {
  run_task "RUNNER_GROUP=Big machines"
  ended_with 0 ran-a-job
  run -0 head -n 1 "$agent/calls"
  assert_output "configure --url https://github.test/acme --name baton-8123456789-1 --labels self-hosted,linux,x64,small --runnergroup Big machines --work _work --ephemeral --disableupdate --unattended --no-default-labels"
  assert_file_contains "$agent/environment-of-configure" "^ACTIONS_RUNNER_INPUT_TOKEN=$token$"
  run -0 tail -n 1 "$agent/calls"
  assert_output "run"
  run -1 grep -E "$token|ACTIONS_RUNNER_INPUT" "$agent/environment-of-run"
  run -1 grep -F "$token" "$out" "$err"
}

@test "config.sh gets neither the sealed credential nor the way to the task role" {
  run_task AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/a-role ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/x
  ended_with 0 ran-a-job
  run -1 grep -E '^(RUNNER_CREDENTIAL|AWS_|ECS_)' "$agent/environment-of-configure" "$agent/environment-of-run"
}

@test "keeps no log of the exchange of the token" {
  listener_runs <<<'ls _diag; listen; run_job build; complete_job build Succeeded'
  run_task
  ended_with 0 ran-a-job
  refute_output --partial Runner_1.log
}

@test "a JIT config becomes the agent's files, for its user alone, and nobody is asked" {
  listener_runs <<<'stat -c "%a %n" .runner .credentials .credentials_rsaparams; cat .credentials; listen; run_job build; complete_job build Succeeded'
  run_task RUNNER_REGISTRATION=jit "RUNNER_CREDENTIAL=$(plain "$(jit_config)")"
  ended_with 0 ran-a-job
  assert_output --partial "600 .runner"
  assert_output --partial "600 .credentials_rsaparams"
  assert_output --partial '{"of":".credentials"}'
  assert_equal "$(cat "$agent/calls")" run
}

@test "ends with 11 when the name is taken, without another try" {
  answers "A runner exists with the same name baton-8123456789-1."
  run_task
  ended_with 11 name-taken
  assert_equal "$(calls configure)" 1
  assert_equal "$(last_line .secondsToRegistered)" null
}

@test "ends with 16 when the name is its own, from a try whose answer was lost" {
  listener_configures <<'END'
[ -e tried ] && { echo "A runner exists with the same name baton-8123456789-1."; exit 1; }
touch tried
echo "The operation has timed out"
exit 1
END
  run_task RUNNER_RETRY_SECONDS=0
  ended_with 16 registered-before
  assert_equal "$(calls configure)" 2
}

@test "ends with 12, without another try, when GitHub refuses the token" {
  local status_name
  for status_name in Unauthorized Forbidden NotFound; do
    rm -f "$agent/calls"
    refused "$status_name"
    run_task
    ended_with 12 credential-refused
    assert_equal "$(calls configure)" 1
  done
}

@test "ends with 12 when what was sealed is no credential" {
  local credential
  for credential in "plain:$(printf %s "$token" | base64)" "$(plain "")" "$(plain "two words")"; do
    run_task "RUNNER_CREDENTIAL=$credential"
    ended_with 12 credential-unreadable
  done
  for credential in "$token" "$(jit_config .credentials)" '{".runner":"e",".credentials":"e",".credentials_rsaparams":"e"}'; do
    rm -f "$agent/.runner"
    run_task RUNNER_REGISTRATION=jit "RUNNER_CREDENTIAL=$(plain "$credential")"
    ended_with 12 credential-unreadable
  done
  assert_file_not_exist "$agent/calls"
}

@test "ends with 13 when the version is too old to register" {
  answers "Runner version v2.300.0 is deprecated and cannot receive messages."
  run_task
  ended_with 13 version-deprecated
}

@test "ends with 15 when the runner group does not exist" {
  answers 'Could not find any self-hosted runner group named "Nobodys".'
  run_task RUNNER_GROUP=Nobodys
  ended_with 15 unknown-runner-group
  assert_output --partial Nobodys
}

@test "ends with 16 after four tries when GitHub fails" {
  local text
  for text in "Http response code: InternalServerError from 'POST x'" "Response status code does not indicate success: 502 (Bad Gateway)." \
    "Connection refused (github.test:443)" "Name or service not known (github.test:443)" "The SSL connection could not be established, see inner exception." \
    "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing."; do
    rm -f "$agent/calls"
    answers "$text"
    run_task
    ended_with 16 unreachable || fail "for $text"
    assert_equal "$(calls configure)" 4
  done
}

@test "ends with 16 after four tries when GitHub throttles, which it does with 403, too" {
  local text
  for text in "Http response code: TooManyRequests from 'POST x'" $'Http response code: Forbidden from POST x\nYou have exceeded a secondary rate limit.'; do
    rm -f "$agent/calls"
    answers "$text"
    run_task
    ended_with 16 throttled
    assert_equal "$(calls configure)" 4
  done
}

@test "ends with 17 when registering fails for a reason that nobody knows" {
  answers "The moon is full."
  run_task
  ended_with 17 registration-failed
  assert_output --partial "The moon is full."
}

@test "registers after a hiccup, from a clean start each time" {
  listener_configures <<'END'
if [ "$(grep -c ^configure calls)" -lt 3 ]; then
  touch .runner .credentials
  echo "Http response code: BadGateway from 'POST x'"
  exit 1
fi
[ ! -e .runner ] || exit 1
register
END
  run_task
  ended_with 0 ran-a-job
  assert_equal "$(calls configure)" 3
}

@test "never prints the token, should the agent do so" {
  answers "I was told $token"
  run_task
  run -1 grep -F "$token" "$out" "$err"
  run -0 cat "$out"
  assert_output --partial 'I was told ***'
}
