# shellcheck shell=bash
# The agent runs as user `runner` where that user owns the agent's directory, as in the image; locally otherwise as whoever we are.

runs_as_runner() {
  [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null && [ -n "$(find "$RUNNER_HOME" -maxdepth 0 -user runner 2>/dev/null)" ]
}

# as_agent COMMAND…: replaces the process, so call it in a subshell.
as_agent() {
  if runs_as_runner; then
    # setpriv changes no variables.
    export HOME USER=runner LOGNAME=runner
    HOME=$(getent passwd runner | cut -d: -f6)
    if [ "$RUNNER_SUDO" = 0 ]; then
      # For good: no process below gains rights by a set-uid program, whichever it is.
      exec setpriv --reuid runner --regid runner --init-groups --inh-caps=-all --bounding-set=-all --no-new-privs -- "$@"
    fi
    exec setpriv --reuid runner --regid runner --init-groups --inh-caps=-all -- "$@"
  fi
  # Only locally, as check_environment saw to: the agent refuses root unless told.
  [ "$(id -u)" -ne 0 ] || export RUNNER_ALLOW_RUNASROOT=1
  exec "$@"
}

# Where sudo is off, what would allow it goes, too. A laptop's own settings are nobody's business here.
take_sudo_away() {
  [ "$RUNNER_SUDO" = 0 ] && runs_as_runner || return 0
  rm -f /etc/sudoers.d/runner
}
