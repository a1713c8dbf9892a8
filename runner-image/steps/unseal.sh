# shellcheck shell=bash
# Opens RUNNER_CREDENTIAL: leaves the token, or the JIT config's JSON, in $scratch/credential.

# A JIT config decodes to about 3.4 KB; anything near this is not a credential.
credential_limit=65536

unseal() {
  local sealed=${RUNNER_CREDENTIAL#*:} opened
  opened=$scratch/opened.gz
  case $RUNNER_CREDENTIAL in
    kms:*) decrypt_with_kms "$sealed" "$opened" ;;
    plain:*) printf '%s' "$sealed" | base64_decode >"$opened" 2>/dev/null ;;
  esac
  unset RUNNER_CREDENTIAL
  (
    umask 077
    set -o pipefail
    gzip -dc <"$opened" 2>/dev/null | head -c "$credential_limit" >"$scratch/credential"
  ) || finish 12 credential-unreadable "the opened credential is not gzip"
  rm -f "$opened"
  [ -s "$scratch/credential" ] || finish 12 credential-unreadable "the opened credential is empty"
}

# macOS knew only -D until version 13.
base64_decode() {
  if [ "$(printf 'YQ==' | base64 -d 2>/dev/null)" = a ]; then
    base64 -d
  else
    base64 -D
  fi
}
