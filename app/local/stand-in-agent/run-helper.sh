#!/usr/bin/env bash
# One run of the listener; turns its exit codes into run.sh's.
if [ "$(id -u)" -eq 0 ] && [ -z "$RUNNER_ALLOW_RUNASROOT" ]; then
  echo "Must not run interactively with sudo"
  exit 1
fi

directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
"$directory/bin/Runner.Listener" run "$@"
code=$?
if [ "$code" -eq 7 ] && [ "$ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE" = 1 ]; then
  echo "Runner listener exit with deprecated version exit code: 7."
  exit 7
fi
case $code in
  0) echo "Runner listener exit with 0 return code, stop the service, no retry needed." ;;
  1) echo "Runner listener exit with terminated error, stop the service, no retry needed." ;;
  2)
    echo "Runner listener exit with retryable error, re-launch runner in 5 seconds."
    sleep 5
    exit 2
    ;;
  5) echo "Runner listener exit with Session Conflict error, stop the service, no retry needed." ;;
  *) echo "Exiting with unknown error code: $code" ;;
esac
exit 0
