#!/usr/bin/env bash
# Two nodes of this application behind nginx, round robin and without stickiness, on one Redis or PostgreSQL. All on
# 127.0.0.1.
#
#   samples/Cluster/run.sh                      http://localhost:8080, the nodes on 8081 and 8082, Redis on 8083
#   samples/Cluster/run.sh --store postgresql   the same on PostgreSQL
#   PORT=9000 samples/Cluster/run.sh            the same from 9000 on
#
# Press 1 or 2 to kill that node (SIGKILL) or to start it again, q or Ctrl+C to end. Nothing is left behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
port=${PORT:-8080}

fail() { printf '%s\n' "$@" >&2; exit 1; }

case "$*" in
  '' | '--store redis') store=Redis server=redis-server ;;
  '--store postgresql') store=PostgreSql server=postgresql ;;
  *) fail "The arguments are '$*'. Give none, '--store redis' or '--store postgresql'." ;;
esac

# Debian keeps the programs of PostgreSQL apart from PATH.
postgres=
if [ "$store" = PostgreSql ]; then
  postgres=$(command -v initdb || { ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null || true; } | sort -V | tail -n 1)
  postgres=${postgres%/initdb}
fi

missing=()
[ "$store" != Redis ] || command -v redis-server >/dev/null || missing+=(redis-server)
[ "$store" != PostgreSql ] || [ -n "$postgres" ] || missing+=(postgresql)
command -v nginx >/dev/null || missing+=(nginx)
[ "${#missing[@]}" -eq 0 ] || fail "Not found on PATH: ${missing[*]}." \
  "  Debian, Ubuntu:  sudo apt-get install $server nginx   (nginx is in /usr/sbin)" \
  "  macOS:           brew install ${server%-server} nginx" \
  "Only the programs are needed, no service: 'sudo systemctl disable --now $server nginx' stops those of the packages."
command -v dotnet >/dev/null || fail "Not found on PATH: dotnet. Get the .NET 10 SDK: https://dot.net/download"
case $port in '' | *[!0-9]*) fail "PORT is '$port'. Set it to a number, such as 8080." ;; esac
[ "$port" -ge 1 ] && [ "$port" -le 65532 ] || fail "PORT is '$port'. Set it to a number from 1 to 65532."

is_open() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for used in "$port" $((port + 1)) $((port + 2)) $((port + 3)); do
  ! is_open "$used" || fail "Port $used is in use. Set PORT to the first of four free ones: PORT=9000 $0"
done

temp=$(mktemp -d)
chmod 711 "$temp" # Started by root, nginx works as another user.
stored= nginx=
node=(- '' '') # The pids of node 1 and 2.

end() {
  trap - EXIT INT TERM HUP
  for pid in $nginx ${node[1]} ${node[2]} $stored; do kill "$pid" 2>/dev/null || true; done
  for pid in $nginx ${node[1]} ${node[2]} $stored; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$temp"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A service is up when it listens. $1 its name, $2 pid, $3 port, $4 log.
await() {
  for _ in $(seq 300); do
    ! is_open "$3" || return 0
    kill -0 "$2" 2>/dev/null || break
    sleep 0.1
  done
  fail "$1 did not start:" "$(tail -n 20 "$4")"
}

# Development: the cookie is 'sid' and works on plain http. Elsewhere it is '__Host-sid', which browsers take over https only; let
# nginx end TLS there, and leave the rest as it is.
run_node() {
  cd "$temp/app"
  ASPNETCORE_ENVIRONMENT=Development exec dotnet Cluster.dll \
    --urls "http://127.0.0.1:$((port + $1))" --Node "$1" "--$store" "$connection"
}

start_node() {
  run_node "$1" </dev/null >>"$temp/node-$1.log" 2>&1 &
  node[$1]=$!
  await "Node $1" "${node[$1]}" $((port + $1)) "$temp/node-$1.log"
  echo "Node $1 is up (kill -9 ${node[$1]})."
}

kill_node() {
  kill -9 "${node[$1]}"
  wait "${node[$1]}" 2>/dev/null || true
  node[$1]=
  echo "Node $1 was killed. The page goes on; press $1 to start the node again."
}

echo "Building ..."
dotnet publish "$here" --configuration Release --output "$temp/app" --nologo --verbosity quiet --disable-build-servers >"$temp/build.log" 2>&1 ||
  fail "The build failed:" "$(tail -n 20 "$temp/build.log")"

start_redis() {
  redis-server --bind 127.0.0.1 --port $((port + 3)) --dir "$temp" --save '' --appendonly no --daemonize no </dev/null >"$temp/store.log" 2>&1 &
  stored=$!
  connection=127.0.0.1:$((port + 3))
}

start_postgresql() {
  local as=()
  mkdir "$temp/data"
  # The server refuses to run as root.
  if [ "$(id -u)" = 0 ]; then
    chown postgres "$temp/data"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
  fi
  (cd / && "${as[@]}" "$postgres/initdb" -D "$temp/data" -U postgres -A trust --no-sync) >"$temp/store.log" 2>&1 ||
    fail "PostgreSQL could not be set up:" "$(tail -n 20 "$temp/store.log")"
  cd /
  "${as[@]}" "$postgres/postgres" -D "$temp/data" -p $((port + 3)) -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    </dev/null >>"$temp/store.log" 2>&1 &
  stored=$!
  cd - >/dev/null
  connection="Host=127.0.0.1;Port=$((port + 3));Database=postgres;Username=postgres;SSL Mode=Disable"
}

case $store in Redis) start_redis ;; PostgreSql) start_postgresql ;; esac
await "$store" "$stored" $((port + 3)) "$temp/store.log"

start_node 1
start_node 2

mkdir "$temp/nginx"
sed -e "s/:8080;/:$port;/" -e "s/:8081 /:$((port + 1)) /" -e "s/:8082 /:$((port + 2)) /" "$here/nginx.conf" >"$temp/nginx/nginx.conf"
nginx -p "$temp/nginx/" -c nginx.conf -e nginx.log </dev/null >"$temp/nginx/out.log" 2>&1 &
nginx=$!
await nginx "$nginx" "$port" "$temp/nginx/out.log"

echo
echo "Open http://localhost:$port"
if [ ! -t 0 ]; then
  echo "To kill a node, use the command above; Ctrl+C, or kill $$, ends everything."
  wait "$nginx" || true
  exit
fi

echo "Press 1 or 2 to kill that node or to start it again, q to end."
while read -rsn1 key; do
  case $key in
    1 | 2) if kill -0 "${node[$key]}" 2>/dev/null; then kill_node "$key"; else start_node "$key"; fi ;;
    q) break ;;
  esac
done
