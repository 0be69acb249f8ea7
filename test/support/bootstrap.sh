#!/usr/bin/env bash
# Makes a fresh machine able to run the tests and the demo, then runs the command it was given:
#   bootstrap.sh [--no-engine] COMMAND [ARG...]    bootstrap.sh --stop    bootstrap.sh --status
# Installs the npm packages when they are missing or older than the lock file; starts an engine only
# when none answers, and installs one only when there is none to start. Where Docker answers it touches
# nothing but the test image. It never stops an engine that it did not start, and never stops one unasked.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
state_dir="${XDG_RUNTIME_DIR:-/run}/reeve-test"
pid_file="$state_dir/dockerd.pid"
log_file="$state_dir/dockerd.log"
export PATH="$root/node_modules/.bin:$PATH"

say() { printf 'bootstrap: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Who runs as a process id, so that a pid file left by a crash is never trusted. A process that ended and that nobody
# has reaped (a container's first process often does not) is nobody.
process_name() {
  grep -qs '^State:[[:space:]]*Z' "/proc/$1/status" || cat "/proc/$1/comm" 2>/dev/null || true
}
started_pid() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null || true)
  [ -n "$pid" ] && [ "$(process_name "$pid")" = dockerd ] && printf '%s\n' "$pid"
}

packages_are_there() {
  local native
  [ -x "$root/node_modules/.bin/node" ] && [ ! "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ] || return 1
  # npm leaves out native parts, as if they were for another machine, where they ask for a newer Node than its own.
  for native in @oxfmt/binding @oxlint/binding @oxlint-tsgolint/ @rolldown/binding @typescript/typescript; do
    compgen -G "$root/node_modules/$native*" >/dev/null || return 1
  done
}

npm_ci() { (cd "$root" && npm ci --no-audit --no-fund --loglevel=error >&2); }

install_packages() {
  packages_are_there && return
  command -v npm >/dev/null || fail 'npm is not installed: apt-get install npm, then run this again'
  say 'installing npm packages (npm ci)'
  npm_ci
  packages_are_there && return
  [ -x "$root/node_modules/.bin/node" ] || fail 'npm ci did not bring Node 24: allow the install script of the package "node"'
  say "installing them again with Node 24, as some packages refuse this machine's Node"
  local bin
  bin=$(mktemp -d)
  cp "$root/node_modules/.bin/node" "$bin/node"
  # An old npm on a new Node speaks of deprecations that are no concern of whoever runs this.
  PATH="$bin:$PATH" NODE_OPTIONS=--no-deprecation npm_ci
  rm -rf "$bin"
  packages_are_there || fail 'npm ci left out native packages that the tests need: is this a platform without them?'
}

# An engine reached through a Docker context counts too; Node programs of ours then find it by DOCKER_HOST.
find_engine() {
  if [ -z "${DOCKER_HOST:-}" ] && command -v docker >/dev/null; then
    local host
    host=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || true)
    case "$host" in unix:///var/run/docker.sock | '') ;; *) export DOCKER_HOST="$host" ;; esac
  fi
}
engine_answers() { node "$root/test/support/engine-ping.ts" 2>/dev/null; }

install_engine() {
  command -v apt-get >/dev/null || fail 'no Docker engine answers and there is no apt-get here: start Docker, then run this again'
  say 'installing docker.io and busybox-static'
  export DEBIAN_FRONTEND=noninteractive
  {
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends docker.io busybox-static iptables
  } >"$state_dir/apt.log" 2>&1 || { tail -n 20 "$state_dir/apt.log" >&2; fail 'apt-get failed'; }
}

# A machine that lost its processes (a container, a restored image) keeps their pid files. containerd's would make
# dockerd wait for a process that is something else by now.
remove_stale_pid_files() {
  local file name
  for file in "$pid_file" /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
    [ -f "$file" ] || continue
    name=$(process_name "$(cat "$file")")
    case "$name" in dockerd | containerd) ;; *) rm -f "$file" ;; esac
  done
}

# wait_for_engine PID: true when it answers, false when the process ended or a minute went by.
wait_for_engine() {
  local deadline=$((SECONDS + 60))
  until engine_answers; do
    [ "$SECONDS" -lt "$deadline" ] && [ -n "$(process_name "$1")" ] || return 1
    sleep 0.2
  done
}

start_engine() {
  [ "$(uname -s)" = Linux ] || fail 'no Docker engine answers: start Docker, then run this again'
  [ "$(id -u)" = 0 ] || fail 'no Docker engine answers, and starting one takes root: start Docker, or run this as root'
  mkdir -p "$state_dir"
  exec 9>"$state_dir/lock"
  flock 9
  if engine_answers; then
    exec 9>&-
    return
  fi
  if ! command -v dockerd >/dev/null; then
    install_engine
    # Where services start on installation, the package has started it by now.
    if engine_answers; then
      exec 9>&-
      return
    fi
  fi
  remove_stale_pid_files
  say "starting dockerd (log: $log_file)"
  # Its own session and no inherited descriptors: it outlives this command and holds no lock or pipe of it.
  setsid dockerd --pidfile "$pid_file" </dev/null >"$log_file" 2>&1 9>&- &
  local pid=$!
  if ! wait_for_engine "$pid"; then
    tail -n 15 "$log_file" >&2
    fail "dockerd did not come up (log: $log_file)"
  fi
  exec 9>&-
  say "dockerd runs as process $pid and is left running; to stop it: npm run engine:stop"
}

stop_engine() {
  local pid
  pid=$(started_pid) || { say 'no engine started by this script is running'; return; }
  say "stopping dockerd (process $pid)"
  kill "$pid"
  local deadline=$((SECONDS + 60))
  while started_pid >/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || fail "dockerd (process $pid) has not ended after a minute"
    sleep 0.2
  done
}

case "${1:-}" in
--stop)
  stop_engine
  exit
  ;;
--status)
  if pid=$(started_pid); then say "dockerd runs as process $pid (log: $log_file)"; else say 'not started by this script'; fi
  exit
  ;;
--no-engine)
  shift
  install_packages
  ;;
*)
  install_packages
  find_engine
  if ! engine_answers; then
    [ -z "${DOCKER_HOST:-}" ] || fail "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST: correct it, or unset it to use a local one"
    start_engine
  fi
  node "$root/test/support/test-image.ts"
  ;;
esac
[ $# -gt 0 ] || exit 0
exec "$@"
