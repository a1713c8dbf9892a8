# shellcheck shell=bash
# An agent whose registration is gone may go on polling and say nothing. GitHub can be asked: the agent's own files hold the runner's key,
# for which the token service gives an access token, and `invalid_client` once the registration is deleted (actions/runner:
# VssOAuthJwtBearerAssertion.cs, BrokerMessageListener.cs).
#
# Only an answer that changes counts. Where the first question got no token, for whatever reason, nothing is concluded from later ones.

probe_directory="" probe="" probed_second="" registration_seen=""

# Called each second while the agent is idle. Sets registration_gone once GitHub, who knew the runner, says it no longer does.
look_at_registration() {
  local answer
  if [ -n "$probe" ]; then
    ! kill -0 "$probe" 2>/dev/null || return 0
    wait "$probe" 2>/dev/null
    probe=""
    answer=""
    [ ! -r "$probe_directory/answer" ] || IFS= read -r -d '' answer <"$probe_directory/answer"
    case $answer in
      *'"access_token"'*) registration_seen=1 ;;
      *invalid_client*) [ -z "$registration_seen" ] || registration_gone=1 ;;
    esac
    rm -rf "$probe_directory"
    return 0
  fi
  if [ -n "$probed_second" ]; then
    # Not asked again when the first question was not understood.
    [ -n "$registration_seen" ] && [ "$SECONDS" -ge $((probed_second + RUNNER_PROBE_SECONDS)) ] || return 0
  fi
  probed_second=$SECONDS
  command -v openssl >/dev/null && command -v curl >/dev/null || return 0
  probe_directory=$(umask 077 && mktemp -d) || return 0
  # The agent's output is on descriptor 3; a question must not hold it up.
  ask_for_a_token "$probe_directory" >/dev/null 2>&1 3<&- 4<&- &
  probe=$!
}

end_probe() {
  [ -z "$probe" ] || kill "$probe" 2>/dev/null
  [ -z "$probe_directory" ] || rm -rf "$probe_directory"
  probe="" probe_directory=""
}

# ask_for_a_token DIRECTORY: leaves the answer there, as `answer`.
ask_for_a_token() {
  local url client now unsigned
  umask 077
  url=$(json_member authorizationUrl <"$RUNNER_HOME/.credentials")
  client=$(json_member clientId <"$RUNNER_HOME/.credentials")
  [[ $url =~ ^https?://[!-~]+$ && $client =~ ^[A-Za-z0-9-]+$ ]] || return 1
  write_runner_key "$1/key.der" || return 1
  local algorithm=RS256 options=()
  # What the agent does under the same setting.
  if grep -qi '"requireFipsCryptography"[[:space:]]*:[[:space:]]*"true"' "$RUNNER_HOME/.credentials"; then
    algorithm=PS256 options=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest)
  fi
  now_ms
  now=$((REPLY / 1000))
  unsigned=$(printf '{"typ":"JWT","alg":"%s"}' "$algorithm" | base64_url).$(printf '{"sub":"%s","jti":"%s","iss":"%s","aud":"%s","nbf":%d,"exp":%d}' \
    "$client" "$(printf %s "$RANDOM$RANDOM$now" | openssl dgst -sha256 -r | cut -c 1-32)" "$client" "$url" "$((now - 30))" "$((now + 270))" | base64_url)
  printf %s "$unsigned" | openssl dgst -sha256 -sign "$1/key.der" -keyform DER ${options[0]+"${options[@]}"} -out "$1/signature" || return 1
  rm -f "$1/key.der"
  printf 'grant_type=client_credentials&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-assertion-type%%3Ajwt-bearer&client_assertion=%s.%s' \
    "$unsigned" "$(base64_url <"$1/signature")" >"$1/question"
  curl -q --silent --max-time 10 --header 'Accept: application/json' --data-binary "@$1/question" --output "$1/answer" "$url"
}

base64_url() {
  base64 | tr -d '\n=' | tr '+/' '-_'
}

# The agent keeps its key as .NET's RSAParameters, each number in base64.
write_runner_key() {
  local member value
  {
    printf 'asn1=SEQUENCE:key\n[key]\nversion=INTEGER:0\n'
    for member in modulus exponent d p q dp dq inverseQ; do
      value=$(json_member "$member" <"$RUNNER_HOME/.credentials_rsaparams" | base64_decode 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
      [ -n "$value" ] || return 1
      printf '%s=INTEGER:0x%s\n' "$member" "$value"
    done
  } >"$1.conf"
  openssl asn1parse -genconf "$1.conf" -noout -out "$1" && rm -f "$1.conf"
}
