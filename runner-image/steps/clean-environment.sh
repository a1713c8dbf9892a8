# shellcheck shell=bash
# What may be in the environment of a process that lives while a job runs. Everything else goes, known to us or not.

is_on_allow_list() {
  case $1 in
    PATH | HOME | USER | LOGNAME | SHELL | LANG | LANGUAGE | LC_* | TZ | TERM | TMPDIR) return 0 ;;
    # A proxy's URL may hold a password: then the agent and its jobs need that password to get out.
    http_proxy | https_proxy | no_proxy | all_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | ALL_PROXY) return 0 ;;
    SSL_CERT_FILE | SSL_CERT_DIR | NODE_EXTRA_CA_CERTS | DOCKER_HOST) return 0 ;;
    ImageOS | ImageVersion | AGENT_TOOLSDIRECTORY | RUNNER_TOOL_CACHE) return 0 ;;
    RUNNER_NAME | RUNNER_JOB_ID | RUNNER_LAUNCH | RUNNER_TARGET | RUNNER_REGISTRATION | RUNNER_IDLE_TIMEOUT_SECONDS) return 0 ;;
    RUNNER_HOME | RUNNER_WORK | RUNNER_VERSION | RUNNER_SUDO) return 0 ;;
    RUNNER_IDLE_GRACE_SECONDS | RUNNER_STOP_GRACE_SECONDS | RUNNER_RECONNECT_SECONDS | RUNNER_PROBE_SECONDS) return 0 ;;
    BATON_LOCAL | BATON_STARTED_AT | BATON_REGISTERED_AT) return 0 ;;
  esac
  case ",${BATON_KEEP_ENVIRONMENT:-}," in
    *",$1,"*) return 0 ;;
  esac
  return 1
}

unexport_what_is_off_the_allow_list() {
  local name
  for name in $(compgen -e); do
    is_on_allow_list "$name" || export -n "${name?}"
  done
}

# reexec_with_clean_environment SCRIPT ARGUMENT: replaces this process, so that not even root can read the old environment or memory.
reexec_with_clean_environment() {
  local name kept
  export BATON_STARTED_AT BATON_REGISTERED_AT
  kept=()
  for name in $(compgen -e); do
    ! is_on_allow_list "$name" || kept+=("$name=${!name}")
  done
  # `env -i` also drops what bash passes on without knowing it: names that are no identifiers, exported functions.
  # Its arguments can be seen in a process listing for an instant; nothing on the allow-list is a secret.
  if [ $$ -eq 1 ] && command -v tini >/dev/null; then
    exec env -i "${kept[@]}" tini -- bash "$@"
  fi
  exec env -i "${kept[@]}" bash "$@"
}
