#!/bin/bash
# `docker login`, `build`, `run` and `push` on the same files. An image is its build arguments; a container says and ends as scripted.
set -euo pipefail
cd "$STAND_IN_STATE"
echo "docker $*" >>calls
command=$1
shift

case $command in
  history) echo "250000000 RUN apt-get install" ;;
  image) cat image-bytes ;;
  login) [[ $(cat) == "a password" ]] ;;
  build)
    arguments=""
    while [[ $# -gt 1 ]]; do
      case $1 in
        --build-arg) arguments+=$2$'\n' ;;
        --tag) image=${2##*:} ;;
      esac
      shift
    done
    printf %s "$arguments" | sort >"built/$image"
    exit "$(<build-status)"
    ;;
  run)
    if [[ " $* " == *" --entrypoint "* ]]; then
      cat >ran-inside
      exit "$(<smoke-status)"
    fi
    cat container-output
    exit "$(<container-status)"
    ;;
  push)
    tag=${1##*:}
    if [[ -e tags/$tag ]]; then
      echo "tag invalid: The image tag '$tag' already exists and cannot be overwritten because the tag is immutable." >&2
      exit 1
    fi
    # Spaces and more bytes than characters, as a registry may be given them.
    jq -n --arg type "$(<pushed-media-type)" --rawfile layers "built/$tag" '{schemaVersion: 2, mediaType: $type, author: "größe", $layers}' >manifest
    digest=sha256:$(sha256sum <manifest | cut -d ' ' -f 1)
    mv manifest "manifests/$digest"
    printf %s "$digest" >"tags/$tag"
    ;;
  *)
    echo "this stand-in has no docker $command" >&2
    exit 1
    ;;
esac
