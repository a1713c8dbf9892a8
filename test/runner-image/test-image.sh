#!/usr/bin/env bash
# `npm run test:image`: shellcheck, the entrypoint's tests in bats, the real Dockerfile built by Docker and what it builds, and the demo on it.
# As root on a Debian it installs what is missing; otherwise it names it. A Docker daemon that it has to start it stops again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

step() { printf '\n==> %s\n' "$*"; }

# command → Debian package; the files are bats' libraries.
needed="openssl:openssl shellcheck:shellcheck bats:bats jq:jq curl:curl mmdebstrap:mmdebstrap ip:iproute2 docker:docker.io dockerd:docker.io
/usr/lib/bats/bats-support/load.bash:bats-support /usr/lib/bats/bats-assert/load.bash:bats-assert /usr/lib/bats/bats-file/load.bash:bats-file"

missing_packages() {
  local entry
  for entry in $needed; do
    case ${entry%%:*} in
      # A daemon that answers needs none of its own here.
      dockerd) docker version >/dev/null 2>&1 || command -v dockerd >/dev/null || echo "${entry#*:}" ;;
      /*) [ -e "${entry%%:*}" ] || echo "${entry#*:}" ;;
      *) command -v "${entry%%:*}" >/dev/null || echo "${entry#*:}" ;;
    esac
  done | sort -u
}

packages=$(missing_packages | tr '\n' ' ')
if [ -n "$packages" ]; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing: $packages(by Debian's names). Install them, or run this as root on Debian, where it does so itself." >&2
    exit 1
  fi
  step "install $packages"
  apt-get update -qq
  # The daemon is started below, by hand.
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi

step "shellcheck"
# steps/ are read as part of entrypoint.sh.
find runner-image -name '*.sh' ! -path '*/steps/*' -exec shellcheck -x {} +
shellcheck -x test/runner-image/test-image.sh \
  app/local/stand-in-agent/*.sh app/local/stand-in-agent/run-helper.sh.template app/local/stand-in-agent/bin/{*.sh,Runner.Listener} \
  test/runner-image/entrypoint/{*.bats,*.bash,*.sh}

step "bats"
bats test/runner-image/entrypoint

daemon="" daemon_directory=""
stop_daemon() {
  [ -n "$daemon" ] || return 0
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" 2>/dev/null || true
  # Its own mounts, should it have left some.
  umount --lazy "$daemon_directory"/data/*/*/merged "$daemon_directory"/exec/netns/* 2>/dev/null || true
  rm -rf "$daemon_directory"
}
trap stop_daemon EXIT

if ! docker version >/dev/null 2>&1; then
  step "start a Docker daemon"
  daemon_directory=$(mktemp -d)
  export DOCKER_HOST=unix://$daemon_directory/docker.sock
  # Without a bridge and without iptables, which a machine for tests may not have: everything here runs on the host's network.
  dockerd --bridge none --iptables=false --data-root "$daemon_directory/data" --exec-root "$daemon_directory/exec" \
    --pidfile "$daemon_directory/pid" --host "$DOCKER_HOST" >"$daemon_directory/log" 2>&1 &
  daemon=$!
  for ((try = 0; try < 240; try++)); do
    ! docker version >/dev/null 2>&1 || break
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.5
  done
  docker version >/dev/null 2>&1 || {
    echo "The Docker daemon did not start:" >&2
    tail -n 20 "$daemon_directory/log" >&2
    exit 1
  }
fi

step "the image, built by Docker"
node_modules/.bin/vitest run --config test/runner-image/docker/vitest.config.ts

step "the demo on it"
npm run demo -- --launcher docker --base-image baton-test-base:trixie
