#!/usr/bin/env bash
# Sourced by the steps of the build.
# Without it a failure inside $(…) would go unseen; bash 3 does not know it.
shopt -s inherit_errexit 2>/dev/null || true

# REPOSITORY_URI  ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME

fail() {
  echo "image build: $*" >&2
  exit 1
}

[[ -n ${REPOSITORY_URI:-} ]] || fail "REPOSITORY_URI is missing: the project sets it to the URI of the ECR repository"
# shellcheck disable=SC2034 # for those that source this
registry=${REPOSITORY_URI%%/*} repository=${REPOSITORY_URI#*/}

# Prints eight characters that all builds of one batch have in common, and no other batch.
batch_id() {
  local arn
  arn=$(aws codebuild batch-get-builds --ids "$CODEBUILD_BUILD_ID" --query 'builds[0].buildBatchArn' --output text)
  [[ $arn == arn:*:build-batch/* ]] || fail "this build belongs to no batch (its batch is \"$arn\"): start it with aws codebuild start-build-batch"
  arn=${arn##*:}
  echo "${arn:0:8}"
}
