#!/usr/bin/env bash
# The bounds of the PostgreSQL store, on a server of Debian's package in a folder of its own: a load against a bare
# SELECT of the same rows, and a write of one value in a small and in a large session.
set -euo pipefail
cd "$(dirname "$0")/.."

programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
temp=$(mktemp -d) pid=
end() { trap - EXIT; [ -z "$pid" ] || { kill -QUIT "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }; rm -rf "$temp"; }
trap end EXIT

# The server refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then chown postgres "$temp"; as=(setpriv --reuid=postgres --regid=postgres --clear-groups --); fi

dotnet build -c Release benchmarks/SessionManager.AspNetCore.Benchmarks --nologo -v q
cd /tmp
"${as[@]}" "$programs/initdb" -D "$temp" -U postgres -A trust --no-sync >/dev/null
port=${PORT:-15432}
"${as[@]}" "$programs/postgres" -D "$temp" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= 2>/dev/null &
pid=$!
until "$programs/pg_isready" -q -h 127.0.0.1 -p "$port"; do kill -0 "$pid"; sleep 0.2; done
cd - >/dev/null
POSTGRESQL="Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres;SSL Mode=Disable" \
  dotnet run -c Release --no-build --project benchmarks/SessionManager.AspNetCore.Benchmarks -- postgresql
