#!/usr/bin/env bash
# Builds the image for ARCHITECTURE (x64, arm64), which has to be this machine's own, tries it, and pushes it under a tag of this batch.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=runner-image/build/common.sh
source build/common.sh
# shellcheck source=runner-image/build/resolve-release.sh
source build/resolve-release.sh

case $ARCHITECTURE in
  x64) platform=amd64 ;;
  arm64) platform=arm64 ;;
  *) fail "ARCHITECTURE is \"$ARCHITECTURE\": use x64 or arm64" ;;
esac
resolve_release
tag=$RUNNER_VERSION-$ARCHITECTURE-$(batch_id)
image=$REPOSITORY_URI:$tag

# A build that was tried again within its batch may have pushed before; its tag cannot be pushed twice.
if found=$(aws ecr describe-images --repository-name "$repository" --image-ids "imageTag=$tag" 2>&1); then
  echo "$image is there already"
  exit 0
elif [[ $found != *ImageNotFoundException* ]]; then
  fail "cannot look for $image: $found"
fi

# Neither CodeCommit's first commit nor an unpacked archive need have kept who may execute what.
find . -name '*.sh' -exec chmod 0755 {} +

arguments=(--build-arg "RUNNER_VERSION=$RUNNER_VERSION" --build-arg "RUNNER_SHA256_X64=$RUNNER_SHA256_X64" --build-arg "RUNNER_SHA256_ARM64=$RUNNER_SHA256_ARM64")
for name in BASE_IMAGE C_TOOLCHAIN RUNNER_DOWNLOAD_URL; do
  [[ -z ${!name:-} ]] || arguments+=(--build-arg "$name=${!name}")
done
# An attestation would make each architecture's image a list of its own, and the two cannot be put into one list then.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1
docker build --build-arg "TARGETARCH=$platform" "${arguments[@]}" --tag "$image" .

bash build/smoke-test.sh "$image" "$RUNNER_VERSION"
# Said, and no reason to keep it back: GitHub refuses old agents, a large image only starts more slowly.
bash image-size.sh "$image" "${SIZE_BUDGET_MB:-1000}" || echo "image build: over its size budget; it is published all the same" >&2

aws ecr get-login-password | docker login --username AWS --password-stdin "$registry"
docker push "$image"
