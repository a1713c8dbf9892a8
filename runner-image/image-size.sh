#!/usr/bin/env bash
# image-size.sh IMAGE [BUDGET_MB]: what each layer of the image weighs, and whether all of them keep to the budget (1: they do not).
#
# Fargate fetches the whole image for every job, so each 100 MB is paid for in every job's start. 1,000 MB leave room for two Node versions
# of the agent's; the image with Docker and one with a C toolchain need a budget of their own.
set -euo pipefail

image=${1:?which image?}
budget=${2:-1000}

docker history --no-trunc --human=false --format '{{.Size}} {{.CreatedBy}}' "$image" |
  awk '$1 > 0 { size = $1; sub(/^[0-9]+ /, ""); sub(/^.*#\(nop\) +/, ""); gsub(/[ \t]+/, " "); printf "%7.1f MB  %s\n", size / 1e6, substr($0, 1, 100) }'
bytes=$(docker image inspect --format '{{.Size}}' "$image")
printf '%7.1f MB  in all; the budget is %s MB\n' "$(awk "BEGIN { print $bytes / 1e6 }")" "$budget"
[ "$bytes" -le "$((budget * 1000000))" ] || {
  echo "$image is over its budget: drop what no job needs, or pass a larger budget as the second argument." >&2
  exit 1
}
