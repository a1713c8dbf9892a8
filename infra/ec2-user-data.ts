/** AWS docs: "Amazon ECS container agent configuration". */
const AGENT_SETTINGS = {
  // Tasks share the kernel with whatever runs next on the instance.
  ECS_DISABLE_PRIVILEGED: "true",
  ECS_AWSVPC_BLOCK_IMDS: "true",
  // Logs are written by the task's execution role, so that the instance's needs no right to.
  ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE: "true",
  ECS_CONTAINER_STOP_TIMEOUT: "120s",
  // The least that the agent takes: the next job on the instance finds neither the last one's files nor its disk full of them.
  ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: "1m",
};

/**
 * Closes the instance metadata service to containers on Docker's bridge, which ECS_AWSVPC_BLOCK_IMDS does not cover. Before any routing,
 * where Docker adds no rule that could come first. `docker+` is every bridge a task can be on.
 */
const CLOSE_IMDS_UNIT = `[Unit]
Description=Keep containers from the instance metadata service
Before=docker.service ecs.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/iptables --wait --table raw --insert PREROUTING --in-interface docker+ --destination 169.254.169.254/32 --jump DROP

[Install]
WantedBy=multi-user.target
`;

/** Commands for the first boot of an ECS-optimized Amazon Linux 2023; its ECS agent starts after they have run. */
export function instanceUserData(clusterName: string): readonly string[] {
  const settings = Object.entries({ ECS_CLUSTER: clusterName, ...AGENT_SETTINGS }).map(([name, value]) => `${name}=${value}`);
  return [
    "cat > /etc/systemd/system/baton-close-imds.service <<'UNIT'",
    `${CLOSE_IMDS_UNIT}UNIT`,
    "systemctl daemon-reload",
    // An instance whose metadata service stays open must take no task; the unit also runs after a reboot.
    "systemctl enable --now baton-close-imds.service || systemctl mask --now ecs.service",
    "cat >> /etc/ecs/ecs.config <<'SETTINGS'",
    `${settings.join("\n")}\nSETTINGS`,
  ];
}
