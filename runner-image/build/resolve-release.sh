#!/usr/bin/env bash
# Sourced. Exports RUNNER_VERSION, RUNNER_SHA256_X64 and RUNNER_SHA256_ARM64 of one release of actions/runner: what was given is kept, what is missing
# is asked of GitHub. The checksums are those that GitHub publishes with the release's files, or that its notes list.

resolve_release() {
  RUNNER_VERSION=${RUNNER_VERSION:-} RUNNER_SHA256_X64=${RUNNER_SHA256_X64:-} RUNNER_SHA256_ARM64=${RUNNER_SHA256_ARM64:-}
  RUNNER_VERSION=${RUNNER_VERSION#v}
  if [[ -z $RUNNER_VERSION ]]; then
    [[ -z $RUNNER_SHA256_X64$RUNNER_SHA256_ARM64 ]] || fail "RUNNER_SHA256_X64 and RUNNER_SHA256_ARM64 are of one release: name it by RUNNER_VERSION, or leave them out"
  else
    [[ $RUNNER_VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "RUNNER_VERSION is \"$RUNNER_VERSION\": use a release such as 2.336.0, or leave it out for the newest"
  fi
  if [[ -z $RUNNER_VERSION || -z $RUNNER_SHA256_X64 || -z $RUNNER_SHA256_ARM64 ]]; then
    local release
    release=$(ask_for_release "${RUNNER_VERSION:+tags/v$RUNNER_VERSION}")
    RUNNER_VERSION=$(jq -r '.tag_name | ltrimstr("v")' <<<"$release")
    RUNNER_SHA256_X64=${RUNNER_SHA256_X64:-$(published_sha256 "$release" x64)}
    RUNNER_SHA256_ARM64=${RUNNER_SHA256_ARM64:-$(published_sha256 "$release" arm64)}
  fi
  local name
  for name in RUNNER_SHA256_X64 RUNNER_SHA256_ARM64; do
    [[ ${!name} =~ ^[0-9a-f]{64}$ ]] || fail "$name is \"${!name}\", which is no SHA-256: release $RUNNER_VERSION publishes none, so give it to the build"
  done
  export RUNNER_VERSION RUNNER_SHA256_X64 RUNNER_SHA256_ARM64
}

# Unauthenticated, and CodeBuild's addresses share GitHub's 60 requests an hour with strangers: refused ones are tried again for eight minutes.
ask_for_release() {
  local url=${RELEASES_API_URL:-https://api.github.com}/repos/actions/runner/releases/${1:-latest}
  local pause=${RETRY_SECONDS:-15} try status body
  body=$(mktemp)
  for try in 1 2 3 4 5 6; do
    status=$(curl -q --silent --show-error --location --max-time 30 --header 'Accept: application/vnd.github+json' --output "$body" --write-out '%{http_code}' "$url") || status=000
    case $status in
      200)
        jq -ce 'select(.tag_name | test("^v[0-9]+\\.[0-9]+\\.[0-9]+$"))' "$body" || fail "$url answered something that is no release"
        rm "$body"
        return
        ;;
      000 | 403 | 429 | 5??) ;;
      404) fail "$url: there is no such release of actions/runner; RUNNER_VERSION must be one" ;;
      *) fail "$url answered $status" ;;
    esac
    echo "image build: $url answered $status (try $try of 6)" >&2
    [[ $try == 6 ]] || sleep "$pause"
    pause=$((pause * 2))
  done
  fail "$url did not answer: start the build again later, or give it RUNNER_VERSION, RUNNER_SHA256_X64 and RUNNER_SHA256_ARM64"
}

published_sha256() {
  jq -r --arg architecture "$2" '
    (.tag_name | ltrimstr("v")) as $version
    | [.assets[]? | select(.name == "actions-runner-linux-\($architecture)-\($version).tar.gz") | .digest // "" | select(startswith("sha256:")) | ltrimstr("sha256:")][0]
      // ((.body // "") | capture("BEGIN SHA linux-\($architecture) -->(?<sha>[0-9a-f]{64})<!-- END SHA").sha)
      // ""' <<<"$1"
}
