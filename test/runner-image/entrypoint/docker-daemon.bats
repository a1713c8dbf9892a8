#!/usr/bin/env bats
# The image for privileged compute: a daemon of Docker's for the job, played by a script.
load helper

setup() {
  prepare_task
  mkdir "$BATS_TEST_TMPDIR/bin"
  # The client answers once the daemon does.
  printf '#!/usr/bin/env bash\n[ -e %q ]\n' "$BATS_TEST_TMPDIR/up" >"$BATS_TEST_TMPDIR/bin/docker"
  chmod +x "$BATS_TEST_TMPDIR/bin/docker"
  task+=("PATH=$BATS_TEST_TMPDIR/bin:$PATH" BATON_DOCKER=1)
}

daemon() {
  { echo '#!/usr/bin/env bash' && cat; } >"$BATS_TEST_TMPDIR/bin/dockerd"
  chmod +x "$BATS_TEST_TMPDIR/bin/dockerd"
}

@test "registers once the daemon answers" {
  daemon <<<"env >$BATS_TEST_TMPDIR/environment; echo \$\$ >$BATS_TEST_TMPDIR/pid; touch $BATS_TEST_TMPDIR/up; exec sleep 300"
  listener_configures <<<"[ -e $BATS_TEST_TMPDIR/up ] && register"
  run_task AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/a-role
  ended_with 0 ran-a-job
  kill "$(cat "$BATS_TEST_TMPDIR/pid")"
  # It lives while the job runs.
  run -1 grep -E '^(RUNNER_CREDENTIAL|AWS_)' "$BATS_TEST_TMPDIR/environment"
}

@test "ends with 15, says why, and registers nothing where it cannot start" {
  daemon <<<"echo 'failed to start daemon: Devices cgroup isn'\\''t mounted'; exit 1"
  run_task
  ended_with 15 docker-unavailable
  assert_output --partial "needs a privileged container"
  assert_output --partial "Devices cgroup"
  assert_file_not_exist "$agent/calls"
}

@test "starts none in the other image" {
  daemon <<<"touch $BATS_TEST_TMPDIR/started"
  run_task BATON_DOCKER=0
  ended_with 0 ran-a-job
  assert_file_not_exist "$BATS_TEST_TMPDIR/started"
}
