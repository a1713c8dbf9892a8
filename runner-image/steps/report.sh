# shellcheck shell=bash
# JSON lines on stdout, without jq.

now_ms() {
  if [ -n "${EPOCHREALTIME:-}" ]; then
    # Microseconds, with the decimal sign of the locale. bash 5 and later.
    local micros=${EPOCHREALTIME/[.,]/}
    echo "$((micros / 1000))"
  else
    echo "$(date +%s)000"
  fi
}

# Milliseconds in, seconds with three decimals out; `null` when either is not known.
seconds_between() {
  if [ -z "${1:-}" ] || [ -z "${2:-}" ]; then
    echo null
    return
  fi
  local ms=$(($2 - $1))
  # A clock that was set back meanwhile.
  [ "$ms" -ge 0 ] || ms=0
  printf '%d.%03d' $((ms / 1000)) $((ms % 1000))
}

json_string() {
  local LC_ALL=C text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\r'/\\r}
  text=${text//$'\t'/\\t}
  text=${text//[[:cntrl:]]/?}
  # JSON is UTF-8; a value from outside need not be.
  case $text in
    *[!\ -~]*) printf '%s' "$text" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1 || text=${text//[!\ -~]/?} ;;
  esac
  printf '"%s"' "$text"
}

# report EVENT [name=text | name:=raw JSON]…
report() {
  local line field name
  line="{\"event\":$(json_string "$1")"
  line="$line,\"jobId\":$(json_string "${RUNNER_JOB_ID:-}"),\"launch\":$(json_string "${RUNNER_LAUNCH:-}")"
  line="$line,\"runnerName\":$(json_string "${RUNNER_NAME:-}")"
  shift
  for field in "$@"; do
    name=${field%%=*}
    case $name in
      *:) line="$line,\"${name%:}\":${field#*=}" ;;
      *) line="$line,\"$name\":$(json_string "${field#*=}")" ;;
    esac
  done
  printf '%s}\n' "$line"
}

# finish EXIT_CODE REASON [DETAIL]: the last line, then the end. Not from a subshell.
finish() {
  report runner.ended exitCode:="$1" reason="$2" detail="${3:-}" version="${agent_version:-${RUNNER_VERSION:-}}" \
    secondsToRegistered:="$(seconds_between "${BATON_STARTED_AT:-}" "${BATON_REGISTERED_AT:-}")" \
    secondsToFirstJob:="$(seconds_between "${BATON_STARTED_AT:-}" "${job_started_at:-}")" \
    seconds:="$(seconds_between "${BATON_STARTED_AT:-}" "$(now_ms)")"
  exit "$1"
}
