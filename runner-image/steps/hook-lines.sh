# shellcheck shell=bash
# The job hooks tell which job runs here. They run as the job's user, so their lines reach us by a file, and are taken for what anybody
# in the job may have written: only lines of the hooks' own form get out, and only so many.

# Started and completed, and some for what a user's hooks may add.
hook_lines_left=8
hook_text='"([^"\\[:cntrl:]]|\\["\\nrt])*"'
# These members and no others: a second "event" would pass for a line of ours.
hook_line_form="^\\{\"event\":\"hook\\.job-(started|completed)\",\"repository\":$hook_text,\"runId\":$hook_text,\"job\":$hook_text,\"runnerName\":$hook_text\\}\$"

# Opens descriptor 4 and sets hook_log.
open_hook_log() {
  hook_log=$RUNNER_HOME/_diag/hooks.jsonl
  mkdir -p "$RUNNER_HOME/_diag" && : >"$hook_log" || finish 17 no-scratch-directory "$hook_log could not be written"
  ! runs_as_runner || chown runner: "$RUNNER_HOME/_diag" "$hook_log"
  exec 4<"$hook_log"
}

forward_hook_lines() {
  local line LC_ALL=C
  # At the end of what is there `read` fails, and goes on from there the next time.
  while [ "$hook_lines_left" -gt 0 ] && IFS= read -r -n 4096 line <&4; do
    hook_lines_left=$((hook_lines_left - 1))
    ! [[ $line =~ $hook_line_form ]] || printf '%s\n' "$line"
  done
}
