#!/bin/bash
# As much of the AWS CLI as the image build uses, over the files of $STAND_IN_STATE: CodeBuild's batch of a build, and an ECR repository whose
# tags are immutable but for `latest`. Says and exits as the CLI does.
set -euo pipefail
cd "$STAND_IN_STATE"
echo "aws $*" >>calls
operation=$2

option() {
  local name=$1
  shift
  while [[ $# -gt 0 && $1 != "$name" ]]; do shift; done
  echo "${2:-}"
}
refuse() {
  printf '\nAn error occurred (%s) when calling the %s operation: as scripted\n' "$1" "$operation" >&2
  exit 254
}

[[ ! -e refusals/$operation ]] || refuse "$(<"refusals/$operation")"
repository=$(option --repository-name "$@")
[[ -z $repository || $repository == baton/runner ]] || refuse RepositoryNotFoundException
tag=$(option --image-ids "$@")
tag=${tag#imageTag=}

case "$1 $2" in
  "codebuild batch-get-builds") cat "batches/$(option --ids "$@")" 2>/dev/null || echo None ;;
  "ecr get-login-password") echo "a password" ;;
  "ecr describe-images") [[ -e tags/$tag ]] || refuse ImageNotFoundException ;;
  "ecr batch-get-image")
    digest=$(cat "tags/$tag" 2>/dev/null || true)
    type=$(jq -r '.mediaType' "manifests/$digest" 2>/dev/null || true)
    if [[ -z $digest || " $* " != *" $type "* ]]; then
      echo "{\"images\":[],\"failures\":[{\"imageId\":{\"imageTag\":\"$tag\"},\"failureCode\":\"ImageNotFound\"}]}"
    else
      jq -Rsc --arg digest "$digest" --arg type "$type" '{images: [{imageId: {imageDigest: $digest}, imageManifest: ., imageManifestMediaType: $type}], failures: []}' "manifests/$digest"
    fi
    ;;
  "ecr put-image")
    manifest=$(option --image-manifest "$@")
    manifest=${manifest#file://} tag=$(option --image-tag "$@")
    while read -r member size; do
      [[ -e manifests/$member && $(wc -c <"manifests/$member") -eq $size ]] || refuse ReferencedImagesNotFoundException
    done < <(jq -r '.manifests[] | "\(.digest) \(.size)"' "$manifest")
    digest=sha256:$(sha256sum <"$manifest" | cut -d ' ' -f 1)
    if [[ -e tags/$tag ]]; then
      [[ $(<"tags/$tag") != "$digest" ]] || refuse ImageAlreadyExistsException
      [[ $tag == latest ]] || refuse ImageTagAlreadyExistsException
    fi
    cp "$manifest" "manifests/$digest"
    printf %s "$digest" >"tags/$tag"
    echo "{\"image\":{\"imageId\":{\"imageDigest\":\"$digest\"}}}"
    ;;
  *) refuse ThisStandInHasNoSuchOperation ;;
esac
