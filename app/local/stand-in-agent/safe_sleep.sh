#!/usr/bin/env bash
# The agent brings its own `sleep`, for images that have none.
sleep "$1"
