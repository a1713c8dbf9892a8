#!/usr/bin/env bash
# `npm run test:browser`: the pages in Debian's Chromium. As root on a Debian it installs what is missing; otherwise it names it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

chromium=${CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$chromium" ]; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null || [ -n "${CHROMIUM:-}" ]; then
    echo "Missing: $chromium. Install Debian's package chromium, name another Chromium by CHROMIUM, or run this as root on Debian, where it installs it." >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi

export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
npm ci --no-audit --no-fund --silent
../../node_modules/.bin/tsc --noEmit
npm test -- "$@"
