#!/usr/bin/env bash
# ACTIONS_RUNNER_HOOK_JOB_COMPLETED. The agent fails the job when this fails; every script runs, since they may be there to clean up.
set +e

here=${BASH_SOURCE[0]%/*}
# shellcheck source-path=SCRIPTDIR source=announce.sh
. "$here/announce.sh"

announce job-completed
failed=0
for hook in "$here"/job-completed.d/*.sh; do
  [ ! -f "$hook" ] || run_user_hook "$hook" || failed=1
done
exit "$failed"
