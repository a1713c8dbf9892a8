# shellcheck shell=bash
# JSON lines on stdout, without jq. The functions answer in REPLY: while bash 5.2 expands `$(…)` it cannot run a trap, and drops the signal.

now_ms() {
  if [ -n "${EPOCHREALTIME:-}" ]; then
    # Microseconds, with the decimal sign of the locale. bash 5 and later.
    REPLY=${EPOCHREALTIME/[.,]/}
    REPLY=$((REPLY / 1000))
  else
    REPLY=$(date +%s)000
  fi
}

# Milliseconds in, seconds with three decimals out; `null` when either is not known.
seconds_between() {
  REPLY=null
  if [ -z "${1:-}" ] || [ -z "${2:-}" ]; then
    return
  fi
  local ms=$(($2 - $1)) thousandths
  # A clock that was set back meanwhile.
  [ "$ms" -ge 0 ] || ms=0
  thousandths=00$((ms % 1000))
  REPLY=$((ms / 1000)).${thousandths: -3}
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
  REPLY=\"$text\"
}

# report EVENT [name=text | name:=raw JSON]…
report() {
  local line field name REPLY
  json_string "$1"
  line="{\"event\":$REPLY"
  json_string "${RUNNER_JOB_ID:-}"
  line="$line,\"jobId\":$REPLY"
  json_string "${RUNNER_LAUNCH:-}"
  line="$line,\"launch\":$REPLY"
  json_string "${RUNNER_NAME:-}"
  line="$line,\"runnerName\":$REPLY"
  shift
  for field in "$@"; do
    name=${field%%=*}
    case $name in
      *:) line="$line,\"${name%:}\":${field#*=}" ;;
      *)
        json_string "${field#*=}"
        line="$line,\"$name\":$REPLY"
        ;;
    esac
  done
  printf '%s}\n' "$line"
}

# finish EXIT_CODE REASON [DETAIL]: the last line, then the end. Not from a subshell.
finish() {
  local registered to_job
  seconds_between "${BATON_STARTED_AT:-}" "${BATON_REGISTERED_AT:-}"
  registered=$REPLY
  seconds_between "${BATON_STARTED_AT:-}" "${job_started_at:-}"
  to_job=$REPLY
  now_ms
  seconds_between "${BATON_STARTED_AT:-}" "$REPLY"
  report runner.ended exitCode:="$1" reason="$2" detail="${3:-}" version="${agent_version:-${RUNNER_VERSION:-}}" \
    secondsToRegistered:="$registered" secondsToFirstJob:="$to_job" seconds:="$REPLY"
  exit "$1"
}
