# shellcheck shell=bash
# Every fault at once, by the variable's name; never a value, since one of them is the credential.

faults=""

fault() {
  faults="${faults:+$faults; }$1"
}

# must_match NAME REGEX WHAT_IT_MUST_BE
must_match() {
  # Ranges such as a-z mean other letters, too, in some locales.
  local LC_ALL=C value=${!1:-}
  if [ -z "$value" ]; then
    fault "$1 is missing: it must be $3"
  elif ! [[ $value =~ ^($2)$ ]]; then
    fault "$1 must be $3"
  fi
}

may_match() {
  [ -z "${!1:-}" ] || must_match "$@"
}

check_environment() {
  # An image of one version may be asked by an event of another; the variable is set by rules since version 2.
  may_match RUNNER_EVENT_VERSION '1' "1, the version of the launch event that this image understands"
  must_match RUNNER_NAME '[A-Za-z0-9][A-Za-z0-9._-]{0,63}' "1 to 64 letters, digits, dots, underscores or hyphens"
  local scheme='https'
  [ "$BATON_LOCAL" != 1 ] || scheme='https?'
  must_match RUNNER_URL "$scheme://[A-Za-z0-9._:-]+(/[A-Za-z0-9._-]+){1,2}/?" "the https URL of an organization, repository or enterprise"
  must_match RUNNER_LABELS '[!-+.-~][!-~ ]*' "labels separated by commas, without line breaks, not starting with a hyphen"
  must_match RUNNER_GROUP '[^[:cntrl:]-][^[:cntrl:]]*' "the name of a runner group, not starting with a hyphen"
  must_match RUNNER_REGISTRATION 'token|jit' "token or jit"
  must_match RUNNER_JOB_ID '[0-9]{1,20}' "GitHub's job id, digits only"
  must_match RUNNER_LAUNCH '[0-9]{1,6}' "the number of the launch"
  must_match RUNNER_TARGET '[A-Za-z0-9._-]{1,128}' "the name of a launch target"
  must_match RUNNER_IDLE_TIMEOUT_SECONDS '[0-9]{1,6}' "a number of seconds"
  must_match RUNNER_IDLE_GRACE_SECONDS '[0-9]{1,6}' "a number of seconds"
  must_match RUNNER_STOP_GRACE_SECONDS '[0-9]{1,6}' "a number of seconds"
  must_match RUNNER_RETRY_SECONDS '[0-9]{1,3}' "a number of seconds"
  must_match RUNNER_RECONNECT_SECONDS '[0-9]{1,6}' "a number of seconds"
  must_match RUNNER_PROBE_SECONDS '[0-9]{1,6}' "a number of seconds"
  must_match RUNNER_SUDO '0|1' "0 or 1"
  must_match BATON_DOCKER '0|1' "1, or not set"
  # Whoever may talk to a daemon that runs as root is root.
  [ "$RUNNER_SUDO$BATON_DOCKER" != 01 ] || fault "RUNNER_SUDO must not be 0 in an image with a Docker daemon, through which a job is root anyway"
  must_match RUNNER_WORK '[A-Za-z0-9._/][A-Za-z0-9._/ -]*' "a directory"
  may_match GITHUB_API_URL 'https?://[!-~]+' "a URL"
  must_match BATON_LOCAL '0|1' "1, or not set"
  may_match BATON_KEEP_ENVIRONMENT '[A-Za-z_][A-Za-z0-9_]*(,[A-Za-z_][A-Za-z0-9_]*)*' "names of variables separated by commas"
  case ",$BATON_KEEP_ENVIRONMENT," in
    *,RUNNER_CREDENTIAL,* | *,AWS_* | *,ECS_* | *,ACTIONS_RUNNER_INPUT_*)
      fault "BATON_KEEP_ENVIRONMENT must not name RUNNER_CREDENTIAL, AWS_*, ECS_* or ACTIONS_RUNNER_INPUT_*" ;;
  esac
  check_credential_form
  check_agent_directory
  if [ -n "$faults" ]; then
    echo "The environment of this task is not what the entrypoint needs: $faults" >&2
    finish 15 bad-environment "$faults"
  fi
}

check_credential_form() {
  local LC_ALL=C
  case "${RUNNER_CREDENTIAL:-}" in
    kms:*)
      must_match AWS_REGION '[a-z0-9-]+' "the region of the key that sealed RUNNER_CREDENTIAL"
      may_match AWS_ENDPOINT_URL_KMS 'https?://[A-Za-z0-9._:/-]+' "a URL"
      may_match AWS_CONTAINER_CREDENTIALS_RELATIVE_URI '/[!-~]*' "a path"
      may_match AWS_CONTAINER_AUTHORIZATION_TOKEN '[]!#-[^-~]+' "a token without quotes or backslashes"
      may_match AWS_CONTAINER_CREDENTIALS_FULL_URI 'https?://[!-~]+' "a URL"
      [ -n "${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI:-}${AWS_CONTAINER_CREDENTIALS_FULL_URI:-}" ] ||
        fault "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is missing: the task definition needs a task role that may decrypt"
      command -v curl >/dev/null || fault "RUNNER_CREDENTIAL is sealed with KMS, and opening it needs curl, which is not installed"
      ;;
    plain:*)
      [ "$BATON_LOCAL" = 1 ] || fault "RUNNER_CREDENTIAL is not sealed, which is accepted only where BATON_LOCAL is 1"
      ;;
  esac
  must_match RUNNER_CREDENTIAL '(kms|plain):[A-Za-z0-9+/]+=*' "kms: or plain: followed by base64"
}

check_agent_directory() {
  case $RUNNER_HOME in
    /*) ;;
    *) fault "RUNNER_HOME must be an absolute path" ;;
  esac
  if ! [ -x "$RUNNER_HOME/config.sh" ] || ! [ -x "$RUNNER_HOME/run.sh" ]; then
    fault "RUNNER_HOME must be a directory with the runner agent's config.sh and run.sh"
  elif [ -e "$RUNNER_HOME/.runner" ]; then
    fault "RUNNER_HOME holds a registered runner already: every task needs a fresh copy"
  elif [ "$BATON_LOCAL" != 1 ] && ! runs_as_runner; then
    # A job of the same user could read what this process knows.
    fault "the entrypoint must start as root, with setpriv installed and RUNNER_HOME owned by user runner (an image's USER has to go)"
  fi
}
