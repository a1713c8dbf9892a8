#!/usr/bin/env bash
# smoke-test.sh IMAGE RUNNER_VERSION: runs a built image without network and says the first thing that is wrong with it.
set -euo pipefail
image=$1 version=$2

fail() {
  echo "smoke test: $*" >&2
  exit 1
}

# Inside: the agent and what it needs start as the user that jobs run as. The agent's own version comes from its files, not from the image's label.
docker run --rm --interactive --network none --entrypoint /bin/bash "$image" -euo pipefail -s -- "$version" <<'INSIDE' || fail "$image is not fit to run jobs"
fault() {
  echo "smoke test: $*" >&2
  exit 1
}
[[ $(id -u) == 0 ]] || fault "it starts as user $(id -u), and the entrypoint has to start as root: take the USER out"
[[ $(id -u runner 2>/dev/null) == 1001 ]] || fault "there is no user runner with the id 1001"
[[ ${RUNNER_VERSION:-} == "$1" ]] || fault "RUNNER_VERSION says \"${RUNNER_VERSION:-}\", and $1 was to be built"
for program in bash curl git gzip jq setpriv sudo tar tini unzip; do
  command -v "$program" >/dev/null || fault "$program is missing"
done
export HOME=/home/runner
agent=$(setpriv --reuid 1001 --regid 1001 --init-groups --inh-caps=-all /opt/actions-runner/bin/Runner.Listener --version) || fault "the agent does not start"
[[ $agent == "$1" ]] || fault "the agent says it is $agent, and $1 was to be built"
INSIDE

# Outside: without its variables the entrypoint has to end with 15 and a line that says so.
status=0
output=$(docker run --rm --network none "$image" 2>&1) || status=$?
[[ $status == 15 && $output == *'"event":"runner.ended"'* ]] || fail "started without any variable the entrypoint ended with $status instead of 15, and said: $output"
echo "smoke test: $image passed, agent $version"
