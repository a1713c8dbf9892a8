# shellcheck shell=bash
# In the image for privileged compute: a Docker daemon for the job's containers. It boots while the credential is unsealed.

docker_daemon=""
docker_log=${TMPDIR:-/tmp}/dockerd.log
# It takes one to three seconds; a slow disk with many layers takes longer.
docker_tries=60

start_docker() {
  [ "$BATON_DOCKER" = 1 ] || return 0
  local name
  local kept=()
  for name in $(compgen -e); do
    ! is_on_allow_list "$name" || kept+=("$name=${!name}")
  done
  # It outlives the re-exec, so its environment is the clean one from the start.
  env -i "${kept[@]}" dockerd >"$docker_log" 2>&1 &
  docker_daemon=$!
}

await_docker() {
  [ -n "$docker_daemon" ] || return 0
  local try
  for ((try = 1; try <= docker_tries; try++)); do
    ! interruptible /dev/null docker_answers || return 0
    kill -0 "$docker_daemon" 2>/dev/null || break
    interruptible /dev/null sleep 0.5
  done
  finish 15 docker-unavailable "the Docker daemon did not start, which needs a privileged container: $(tail -n 2 "$docker_log" | tr '\n' ' ' | cut -c 1-400)"
}

docker_answers() {
  exec docker version 2>&1
}
