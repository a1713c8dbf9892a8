# shellcheck shell=bash
# KMS Decrypt by curl, signed with the task role. Keys go to curl on stdin, never in its arguments.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html

kms_tries=4

# decrypt_with_kms CIPHERTEXT_BASE64 FILE: writes the plaintext, or ends the task with 12 or 16.
decrypt_with_kms() {
  local try problem=""
  (
    umask 077
    # The role may open what was sealed for its own target; with job and launch the seal opens for this very task only.
    printf '{"CiphertextBlob":"%s","EncryptionContext":{"baton:job":"%s","baton:launch":"%s","baton:target":"%s"}}' \
      "$1" "$RUNNER_JOB_ID" "$RUNNER_LAUNCH" "$RUNNER_TARGET" >"$scratch/decrypt.json"
  )
  for ((try = 1; try <= kms_tries; try++)); do
    [ "$try" -eq 1 ] || pause_before_try "$try"
    if read_task_role && call_decrypt; then
      json_member Plaintext <"$scratch/answer.json" | base64_decode >"$2" 2>/dev/null
      rm -f "$scratch/decrypt.json" "$scratch/answer.json"
      access_key="" secret_key="" session_token=""
      return 0
    fi
    echo "Opening the credential, try $try of $kms_tries: $problem" >&2
  done
  finish 16 kms-unreachable "$problem"
}

# Sets access_key, secret_key and session_token, or problem.
read_task_role() {
  local url authorization=""
  url=${AWS_CONTAINER_CREDENTIALS_FULL_URI:-http://169.254.170.2${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI:-}}
  [ -z "${AWS_CONTAINER_AUTHORIZATION_TOKEN:-}" ] || authorization="header = \"Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN\""
  fetch "$authorization" --noproxy '*' "$url"
  case $http_status in
    200) ;;
    000 | 429 | 5??)
      problem="the task role's credentials could not be fetched (HTTP $http_status)"
      return 1
      ;;
    *) finish 12 credential-unreadable "the task role's credentials were refused (HTTP $http_status)" ;;
  esac
  access_key=$(json_member AccessKeyId <"$scratch/answer.json")
  secret_key=$(json_member SecretAccessKey <"$scratch/answer.json")
  session_token=$(json_member Token <"$scratch/answer.json")
  rm -f "$scratch/answer.json"
  # They end up in curl's configuration, where a quote would end the value.
  if ! [[ $access_key =~ ^[A-Za-z0-9]+$ && $secret_key =~ ^[A-Za-z0-9/+=]+$ && $session_token =~ ^[A-Za-z0-9/+=_-]*$ ]]; then
    problem="the task role's credentials have an unknown form"
    return 1
  fi
}

call_decrypt() {
  local endpoint suffix=amazonaws.com kind
  case $AWS_REGION in cn-*) suffix=amazonaws.com.cn ;; esac
  endpoint=${AWS_ENDPOINT_URL_KMS:-https://kms.$AWS_REGION.$suffix}
  fetch "user = \"$access_key:$secret_key\"
${session_token:+header = \"X-Amz-Security-Token: $session_token\"}" \
    --aws-sigv4 "aws:amz:$AWS_REGION:kms" --header 'Content-Type: application/x-amz-json-1.1' \
    --header 'X-Amz-Target: TrentService.Decrypt' --data-binary "@$scratch/decrypt.json" "${endpoint%/}/"
  [ "$http_status" != 200 ] || return 0
  kind=$(json_member __type <"$scratch/answer.json" 2>/dev/null)
  kind=${kind##*#}
  problem="KMS answered HTTP $http_status${kind:+, $kind}"
  case $http_status,$kind in
    000,* | 429,* | 5??,* | *,*Throttling* | *,LimitExceededException | *,DependencyTimeoutException | *,KMSInternalException) return 1 ;;
    *,AccessDeniedException) finish 12 credential-refused "$problem: the task role may not open this seal" ;;
    *,InvalidCiphertextException) finish 12 credential-unreadable "$problem: sealed for another job, launch or target" ;;
    *) finish 12 credential-refused "$problem" ;;
  esac
}

# fetch CURL_CONFIG CURL_ARGUMENT…: sets http_status (000 when there was none) and leaves the body in $scratch/answer.json.
fetch() {
  : >"$scratch/answer.json"
  interruptible "$scratch/status" run_curl "$@" || true
  http_status=$(cat "$scratch/status")
}

run_curl() {
  local config=$1
  shift
  # `-q` first: nobody's .curlrc. A here-document would be a file on disk.
  exec curl -q --silent --config - --connect-timeout 3 --max-time 10 --output "$scratch/answer.json" --write-out '%{http_code}' "$@" \
    < <(printf '%s\n' "$config")
}

# Enough for what AWS answers: flat members whose values hold no quotes.
json_member() {
  tr -d '\n' | sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p"
}
