#!/usr/bin/env bash
# What a request sends to Redis and gets from it, counted by the server: this session and the built-in one (over
# Microsoft.Extensions.Caching.StackExchangeRedis) in one process. The built-in one has a Data Protection key ring.
# With 'copies' what a load costs without and with local copies instead, in bytes and in time.
#
#   benchmarks/redis-traffic.sh [copies]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
port=${PORT:-18080} redis_port=$((${PORT:-18080} + 1))
base=http://127.0.0.1:$port

for tool in dotnet redis-server redis-cli curl; do
  command -v "$tool" >/dev/null || { echo "Not found on PATH: $tool. On Debian and Ubuntu: apt-get install redis-server curl" >&2; exit 1; }
done

temp=$(mktemp -d) pids=
end() {
  trap - EXIT
  for pid in $pids; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  rm -rf "$temp"
}
trap end EXIT
trap 'exit 130' INT TERM

cli() { redis-cli -p "$redis_port" "$@"; }
stat() { cli INFO "$1" | tr -d '\r' | sed -n "s/^$2://p"; }
send() { curl --silent --show-error --fail --output /dev/null "$@"; }
times() { local n=$1; shift; for _ in $(seq "$n"); do "$@"; done; }
cookie() { awk '/^#HttpOnly_/ { print "Cookie: " $6 "=" $7 }' "$temp/$1"; }

dotnet build "$here/load.cs" -c Release -o "$temp/app" --nologo -v q --disable-build-servers
redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$temp" --save '' >"$temp/redis.log" &
pids=$!
# $1 address, further arguments of the application.
start() {
  local address=$1; shift
  dotnet "$temp/app/load.dll" --urls "$address" --Redis "127.0.0.1:$redis_port" "$@" &
  pids="$! $pids"
  until send "$address/bare/"; do sleep 0.2; done 2>/dev/null
}
start "$base"

# $1 session, $2 size: begins one, and warms everything up.
fill() {
  send -c "$temp/$1" "$base/$1/fill?size=$2"
  times 20 send -H "$(cookie "$1")" "$base/$1/read"
  times 20 send -H "$(cookie "$1")" "$base/$1/write"
  send "$base/$1/untouched"
}
header() { if [ "$2" = "no cookie" ]; then echo "X-None: -"; else cookie "$1"; fi; }
path() { case $1 in "no cookie") echo untouched ;; *) echo "$1" ;; esac; }

# Commands that the application sends, without what a script runs inside the server.
commands() {
  : >"$temp/monitor"
  redis-cli -p "$redis_port" MONITOR >"$temp/monitor" 2>/dev/null &
  local monitor=$!
  until [ -s "$temp/monitor" ]; do sleep 0.05; done
  times 20 send -H "$(header "$1" "$2")" "$base/$1/$(path "$2")"
  sleep 0.5 # The built-in session saves after it has answered.
  cli ECHO end >/dev/null
  until grep -q '"ECHO" "end"' "$temp/monitor"; do sleep 0.05; done
  kill "$monitor"; wait "$monitor" 2>/dev/null || true
  awk '/^[0-9]/ && !/ lua\]/ && !/"(PING|INFO|CLIENT|COMMAND|CONFIG|ECHO|SUBSCRIBE)"/ { n++ } END { printf "%.4g", n / 20 }' "$temp/monitor"
}

# Bytes to and from Redis a request.
bytes() {
  local in out own_in own_out
  in=$(stat stats total_net_input_bytes) out=$(stat stats total_net_output_bytes)
  own_in=$(stat stats total_net_input_bytes) own_out=$(stat stats total_net_output_bytes)
  own_in=$((own_in - in)) own_out=$((own_out - out))
  in=$(stat stats total_net_input_bytes) out=$(stat stats total_net_output_bytes)
  times 20 send -H "$(header "$1" "$2")" "$base/$1/$(path "$2")"
  sleep 0.5
  echo "$((($(stat stats total_net_input_bytes) - in - own_in) / 20)) + $((($(stat stats total_net_output_bytes) - out - own_out) / 20))"
}

if [ "${1:-}" != copies ]; then
  echo "| session | request | commands: built-in | ours | bytes to + from Redis: built-in | ours |"
  echo "|---|---|---|---|---|---|"
  for size in 200 2000 262140; do
    fill builtin "$size"; fill ours "$size"
    for request in "no cookie" untouched read write; do
      echo "| $size B | $request | $(commands builtin "$request") | $(commands ours "$request") | $(bytes builtin "$request") | $(bytes ours "$request") |"
    done
  done
  exit
fi

plain=$base copies=http://127.0.0.1:$((redis_port + 1))
start "$copies" --Copies 67108864
echo "| session | bytes to + from Redis of a read: plain | with copies | a load: plain | with copies |"
echo "|---|---|---|---|---|"
# $1 base: microseconds of a load, the least of five medians.
load_time() { for _ in 1 2 3 4 5; do curl --silent --fail -H "$(cookie ours)" "$1/ours/time"; echo; done | sort -n | head -1; }
for size in 200 2000 20000 262140; do
  base=$plain; fill ours "$size"
  plain_bytes=$(bytes ours read)
  base=$copies; times 20 send -H "$(cookie ours)" "$base/ours/read"
  copies_bytes=$(bytes ours read)
  echo "| $size B | $plain_bytes | $copies_bytes | $(load_time "$plain") µs | $(load_time "$copies") µs |"
done
