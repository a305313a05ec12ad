#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# an old stdin/stdout script
read -r name
printf '%s, %s from %s!\n' "$1" "$name" "$REMOTE_HOST"
printf 'you are served by process %s, user %s\n' "$$" "$(id -un)"
