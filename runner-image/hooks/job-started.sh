#!/usr/bin/env bash
# ACTIONS_RUNNER_HOOK_JOB_STARTED. The agent fails the job, before its first step, when this fails.
set +e

here=${BASH_SOURCE[0]%/*}
# shellcheck source-path=SCRIPTDIR source=announce.sh
. "$here/announce.sh"

announce job-started
for hook in "$here"/job-started.d/*.sh; do
  [ ! -f "$hook" ] || run_user_hook "$hook" || exit 1
done
exit 0
