# shellcheck shell=bash
# Turns the opened credential into a registered runner, as the agent's own files in RUNNER_HOME.

register_tries=4

register() {
  case $RUNNER_REGISTRATION in
    token) register_with_token ;;
    jit) register_with_jit_config ;;
  esac
}

register_with_token() {
  local LC_ALL=C token try code output
  token=$(tr -d '\0' <"$scratch/credential")
  rm -f "$scratch/credential"
  [[ $token =~ ^[!-~]+$ ]] || finish 12 credential-unreadable "the opened credential is not a registration token"
  for ((try = 1; try <= register_tries; try++)); do
    [ "$try" -eq 1 ] || pause_before_try "$try"
    # A try that failed half-way leaves files which make the agent refuse the next one.
    rm -f "$RUNNER_HOME/.runner" "$RUNNER_HOME/.credentials" "$RUNNER_HOME/.credentials_rsaparams"
    code=0
    interruptible "$scratch/config.log" run_config "$token" || code=$?
    output=$(tr -d '\0' <"$scratch/config.log")
    output=${output//"$token"/***}
    print_agent_output "$output"
    if [ "$code" -eq 0 ] && [ -s "$RUNNER_HOME/.runner" ]; then
      # The agent masks what it knows to be secret in its logs; of its exchange of the token none of them is needed any more.
      rm -rf "$RUNNER_HOME/_diag"
      return 0
    fi
    classify_registration_failure "$output"
    # An answer that was lost may have been a success: then the name is our own, and its registration is removed by the reconciler.
    [ "$failure_code" -ne 11 ] || [ "$try" -eq 1 ] || failed 16 registered-before
    [ "$failure_code" -eq 16 ] && [ "$failure_reason" != registered-before ] || break
  done
  finish "$failure_code" "$failure_reason" "$failure_detail"
}

run_config() {
  # By the environment of this one process and never by an argument, which every user could list. The agent drops it when it has read it.
  export ACTIONS_RUNNER_INPUT_TOKEN=$1
  cd "$RUNNER_HOME" || exit 1
  exec 2>&1
  # No --replace: a name that is taken means a duplicate of this task, which must not throw the other one out.
  as_agent ./config.sh --url "$RUNNER_URL" --name "$RUNNER_NAME" --labels "$RUNNER_LABELS" --runnergroup "$RUNNER_GROUP" \
    --work "$RUNNER_WORK" --ephemeral --disableupdate --unattended --no-default-labels
}

# A JIT config is the agent's registration files, in base64 in JSON. The agent would write them itself when given the config, but by
# then the environment must be clean; so they are written here and `run.sh` starts as after config.sh.
register_with_jit_config() {
  local name content
  for name in .runner .credentials .credentials_rsaparams; do
    content=$(tr -d '\0\r\n' <"$scratch/credential" | sed -n "s/.*\"\\${name}\"[[:space:]]*:[[:space:]]*\"\([A-Za-z0-9+\/=]*\)\".*/\1/p")
    [ -n "$content" ] || finish 12 credential-unreadable "the opened credential is not a JIT config: it has no $name"
    (
      umask 077
      printf '%s' "$content" | base64_decode >"$RUNNER_HOME/$name" 2>/dev/null
    ) || finish 12 credential-unreadable "the JIT config's $name is not base64"
    ! runs_as_runner || chown runner: "$RUNNER_HOME/$name"
  done
  rm -f "$scratch/credential"
}

# The agent's lines are marked, so that none of them passes for one of ours.
print_agent_output() {
  printf '%s\n' "$1" | while IFS= read -r line; do printf '[agent] %s\n' "$line"; done
}
