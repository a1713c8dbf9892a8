#!/usr/bin/env bash
# The stand-in's list of what it needs of a distribution: by the agent's example, one library of .NET's that nothing else brings.
if [ "$(id -u)" -ne 0 ]; then
  echo "Need to run with sudo privilege"
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update && { apt-get install -y --no-install-recommends liblttng-ust1t64 || apt-get install -y --no-install-recommends liblttng-ust1; }
