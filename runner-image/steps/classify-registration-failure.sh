# shellcheck shell=bash
# config.sh ends with 1 whatever happened; only its output tells why. Texts of actions/runner 2.336 (ConfigurationManager.cs).

# classify_registration_failure OUTPUT: sets failure_code, failure_reason, failure_detail.
classify_registration_failure() {
  local output=$1
  failure_detail=$(printf '%s\n' "$output" | grep -v '^[[:space:]]*$' | tail -n 4 | cut -c 1-400)
  case $output in
    *"A runner exists with the same name"*) failed 11 name-taken ;;
    *"is deprecated and cannot"*) failed 13 version-deprecated ;;
    *"Could not find any self-hosted runner group"*) failed 15 unknown-runner-group ;;
    # GitHub throttles with 403, too; said before the bare status below.
    *"rate limit"* | *"Http response code: TooManyRequests"*) failed 16 throttled ;;
    *"Http response code: "[Uu]nauthorized* | *"Http response code: "[Ff]orbidden* | *"Http response code: "[Nn]ot[Ff]ound*) failed 12 credential-refused ;;
    *"token"*"expired"* | *"Invalid"*"token"*) failed 12 credential-refused ;;
    *"Http response code: "*) failed 16 unreachable ;;
    *"Response status code does not indicate success: "[45]*) failed 16 unreachable ;;
    *"Connection refused"* | *"Name or service not known"* | *"No such host"* | *"Resource temporarily unavailable"*) failed 16 unreachable ;;
    *"timed out"* | *"Timeout"* | *"timeout"* | *"SSL connection could not be established"* | *"An error occurred while sending the request"*) failed 16 unreachable ;;
    *"Network is unreachable"* | *"No route to host"* | *"Connection reset"* | *"unexpected EOF"*) failed 16 unreachable ;;
    *) failed 17 registration-failed ;;
  esac
}

failed() {
  failure_code=$1
  failure_reason=$2
}
