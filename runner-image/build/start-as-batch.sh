#!/usr/bin/env bash
# What a single build of the project does, since it knows neither architecture nor step.
echo "This project builds in batches, one architecture each and a last step that makes them one image. Start it so:" >&2
echo "  aws codebuild start-build-batch --project-name ${CODEBUILD_BUILD_ID%%:*}" >&2
exit 1
