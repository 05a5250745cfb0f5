#!/usr/bin/env bash
# Requests per second over Kestrel, at 32 connections: no session, the built-in one (AddSession) and this one in one process, over memory
# and over Redis. The three take turns, so that a noisy moment meets all of them; medians count, and the ratio of ours to the built-in one.
#
#   benchmarks/load.sh [seconds a turn, 3 by default] [rounds, 3 by default]
#
# wrk, the application and Redis share the machine. Absolute figures are the machine's; compare within a run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-3} rounds=${2:-3} port=${PORT:-18080} redis_port=$((${PORT:-18080} + 1))
base=http://127.0.0.1:$port

for tool in dotnet redis-server wrk curl; do
  command -v "$tool" >/dev/null || { echo "Not found on PATH: $tool. On Debian and Ubuntu: apt-get install redis-server wrk curl" >&2; exit 1; }
done

temp=$(mktemp -d) pids=
stop() { for pid in $pids; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done; pids=; }
end() { trap - EXIT; stop; rm -rf "$temp"; }
trap end EXIT
trap 'exit 130' INT TERM

send() { curl --silent --show-error --fail --output /dev/null "$@"; }
cookie() { if [ "$2" = "no cookie" ] || [ "$1" = bare ]; then echo "X-None: -"; else awk '/^#HttpOnly_/ { print "Cookie: " $6 "=" $7 }' "$temp/$1"; fi; }
path() { case $1 in "no cookie") echo untouched ;; *) echo "$1" ;; esac; }

# $1 side, $2 request, $3 seconds: requests a second, and the 99th percentile in milliseconds.
load() {
  wrk --latency -t1 -c32 -d"${3}s" -H "$(cookie "$1" "$2")" "$base/$1/$(path "$2")" | awk '
    $1 == "99%" { p99 = $2 + 0; if ($2 ~ /us$/) p99 /= 1000; else if ($2 !~ /ms$/) p99 *= 1000 }
    /Requests\/sec/ { rps = $2 }
    /Non-2xx|Socket errors/ { bad = 1; print > "/dev/stderr" }
    END { if (bad) exit 1; printf "%d %.2f\n", rps, p99 }'
}

median() { sort -n | sed -n "$((rounds / 2 + 1))p"; }

# What is printed also takes the place of the last run's table in docs/performance.md.
exec > >(tee "$temp/table")

dotnet build "$here/load.cs" -c Release -o "$temp/app" --nologo -v q --disable-build-servers
echo "| store | request | requests/s: no session | built-in | ours | ours / built-in | p99 ms: built-in | ours |"
echo "|---|---|---|---|---|---|---|---|"
for store in memory Redis; do
  options=
  if [ "$store" = Redis ]; then
    redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$temp" --save '' >"$temp/redis.log" &
    pids=$!
    options="--Redis 127.0.0.1:$redis_port"
  fi
  # shellcheck disable=SC2086
  dotnet "$temp/app/load.dll" --urls "$base" $options &
  pids="$! $pids"
  until send "$base/bare/"; do sleep 0.2; done 2>/dev/null
  send -c "$temp/builtin" "$base/builtin/fill"
  send -c "$temp/ours" "$base/ours/fill"
  for request in "no cookie" untouched read write; do
    for side in bare builtin ours; do
      : >"$temp/$side.$request"
      load "$side" "$request" 2 >/dev/null
    done
    for _ in $(seq "$rounds"); do
      for side in bare builtin ours; do load "$side" "$request" "$seconds" >>"$temp/$side.$request"; done
    done
    column() { cut -d' ' -f"$2" "$temp/$1.$request" | median; }
    awk -v store="$store" -v request="$request" -v bare="$(column bare 1)" -v builtin="$(column builtin 1)" -v ours="$(column ours 1)" \
      -v latency="$(column builtin 2)" -v ours_latency="$(column ours 2)" \
      'BEGIN { printf "| %s | %s | %d | %d | %d | **%.2f** | %.2f | %.2f |\n", store, request, bare, builtin, ours, ours / builtin, latency, ours_latency }'
  done
  stop
done

sleep 0.2 # For tee.
awk -v table="$temp/table" '
  /<!-- \/load -->/ { while ((getline line < table) > 0) print line; skip = 0 }
  !skip { print }
  /<!-- load -->/ { skip = 1 }' "$here/../docs/performance.md" >"$temp/document"
cp "$temp/document" "$here/../docs/performance.md"
