#!/usr/bin/env bash
# Makes one image of what this batch pushed for each architecture, and gives it its tags:
#   VERSION-build-BATCH   this build, for ever; how to go back to it
#   VERSION               the first build of that version, for ever
#   latest                what tasks run
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=runner-image/build/common.sh
source build/common.sh
# shellcheck source=runner-image/build/resolve-release.sh
source build/resolve-release.sh

OCI_INDEX=application/vnd.oci.image.index.v1+json
OCI_MANIFEST=application/vnd.oci.image.manifest.v1+json
DOCKER_LIST=application/vnd.docker.distribution.manifest.list.v2+json
DOCKER_MANIFEST=application/vnd.docker.distribution.manifest.v2+json

resolve_release
batch=$(batch_id)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Prints one architecture's entry of the list. Its size and digest are of the very bytes that ECR keeps.
entry() {
  local tag=$RUNNER_VERSION-$1-$batch platform=$2
  aws ecr batch-get-image --repository-name "$repository" --image-ids "imageTag=$tag" --accepted-media-types "$OCI_MANIFEST" "$DOCKER_MANIFEST" --output json >"$scratch/$1.json"
  jq -e '.images[0]' "$scratch/$1.json" >/dev/null || fail "$repository has no $tag: $(jq -c '.failures' "$scratch/$1.json"). Its build failed, or was for another release"
  local digest
  digest=sha256:$(jq -j '.images[0].imageManifest' "$scratch/$1.json" | sha256sum | cut -d ' ' -f 1)
  [[ $digest == "$(jq -r '.images[0].imageId.imageDigest' "$scratch/$1.json")" ]] || fail "the manifest of $tag does not have its digest"
  jq -c --arg platform "$platform" '.images[0]
    | {mediaType: (.imageManifestMediaType // (.imageManifest | fromjson | .mediaType)), size: (.imageManifest | utf8bytelength), digest: .imageId.imageDigest,
       platform: {architecture: $platform, os: "linux"}}' "$scratch/$1.json"
}

entries=$(entry x64 amd64)
entries+=$'\n'$(entry arm64 arm64)
type=$DOCKER_LIST
[[ $entries != *"$OCI_MANIFEST"* ]] || type=$OCI_INDEX
jq -sc --arg type "$type" '{schemaVersion: 2, mediaType: $type, manifests: .}' <<<"$entries" >"$scratch/list.json"

# tag NAME [ANOTHERS]: ANOTHERS says that another image may have it already.
tag() {
  local answer
  if answer=$(aws ecr put-image --repository-name "$repository" --image-tag "$1" --image-manifest-media-type "$type" --image-manifest "file://$scratch/list.json" --output json 2>&1); then
    echo "$REPOSITORY_URI:$1 is $(jq -r '.image.imageId.imageDigest' <<<"$answer")"
  elif [[ $answer == *ImageAlreadyExistsException* ]]; then
    echo "$REPOSITORY_URI:$1 is this image already"
  elif [[ $answer == *ImageTagAlreadyExistsException* && ${2:-} == anothers ]]; then
    echo "$REPOSITORY_URI:$1 stays what it is: an earlier build of this version"
  else
    fail "cannot tag $1: $answer"
  fi
}

tag "$RUNNER_VERSION-build-$batch"
tag "$RUNNER_VERSION" anothers
# Last, so that what tasks run always has a tag that says which build it is.
tag latest
