#!/usr/bin/env bash
# The stand-in's `config.sh`: same flags, texts and exit codes as the runner agent's.
if [ "$(id -u)" -eq 0 ] && [ -z "$RUNNER_ALLOW_RUNASROOT" ]; then
  echo "Must not run with sudo"
  exit 1
fi

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
case $1 in
  remove | --version | --help) exec bin/Runner.Listener "$@" ;;
  *) exec bin/Runner.Listener configure "$@" ;;
esac
