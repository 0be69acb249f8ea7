#!/usr/bin/env bash
# Shows reeve at work on a copy of examples/hooks, in under a minute: the plan, the hooks as they run, the state, a change
# followed live, and the way down. `npm run demo` runs it; it needs a Docker engine and Node 24 on the PATH, both of which
# test/support/bootstrap.sh sees to. It works in a folder, a state directory and a project of its own, and leaves nothing
# behind, whether it comes to its end, fails or is interrupted.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# One stream, so that what is told and what reeve says stand in the order in which they happened.
exec 2>&1

# Variables that would make reeve look elsewhere than at the copy; a project name that nobody else has.
unset COMPOSE_FILE COMPOSE_PROFILES COMPOSE_ENV_FILES COMPOSE_DISABLE_ENV_FILE COMPOSE_PATH_SEPARATOR
export COMPOSE_PROJECT_NAME="${REEVE_DEMO_PROJECT:-reeve-demo-$$}"
home=$(mktemp -d)
export XDG_STATE_HOME="$home/state"
watch_pid=''
touched=''

reeve() { node "$root/bin/run.js" "$@"; }

bold='' plain='' between_s=0
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
  [ -n "${NO_COLOR:-}" ] || bold=$'\e[1m' plain=$'\e[0m'
  # Time to read, where somebody reads along.
  between_s=1.5
fi
tell() { printf '\n%s\n' "$@" | fold -s -w 96 | sed 's, *$,,'; }
show() {
  printf '%s$ reeve %s%s\n' "$bold" "$*" "$plain"
  reeve "$@"
  sleep "$between_s"
}

stop_watch() {
  [ -n "$watch_pid" ] || return 0
  kill -TERM "$watch_pid" 2>/dev/null || true
  wait "$watch_pid" || true
  watch_pid=''
}
clean_up() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  stop_watch
  if [ -n "$touched" ] && [ "$status" != 0 ]; then
    tell "Cleaning up:"
    # Out of the reach of a further Ctrl-C, and of a terminal that is closed meanwhile.
    set -m
    reeve down --volumes --force --timeout 1s 2>&1 | cat &
    set +m
    wait $! || status=1
  fi
  rm -rf "$home"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# The terminal is gone: what is said now would be an error to write.
trap 'exec >/dev/null 2>&1; exit 129' HUP

# Every replica of web runs, is healthy and has had its hooks, and none is what it was.
followed() {
  reeve ps web --json | node -e '
    const before = process.argv.slice(1);
    const replicas = require("fs").readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));
    process.exit(replicas.every((one) => one.ready && !before.includes(one.containerId)) ? 0 : 1);
  ' "$@"
}

cp -R "$root/examples/hooks" "$home/hooks"
cd "$home/hooks"

tell "A web service in two replicas, a registry that it is found by, and a database (examples/hooks/compose.yaml)." \
  "Each web container has to register after every start and deregister before every stop; the database has to be backed up before every stop. First, what would be done:"
show plan

tell "Now do it, and wait until everything is ready. Lines with a bar are what the hooks say."
touched=yes
show apply --wait

tell "What is desired beside what runs, and each run of a hook:"
show ps
show hooks

tell "From here on reeve watches the file. Another greeting is saved to it, and the two replicas follow: each old container deregisters before it stops, each new one registers."
mapfile -t before < <(reeve ps web --quiet)
printf '%s$ reeve watch &%s\n' "$bold" "$plain"
# A process group of its own: Ctrl-C is this script's, which then ends the watch in good order.
set -m
node "$root/bin/run.js" watch </dev/null &
watch_pid=$!
set +m
sleep 2
printf '%s$ sed -i "s/Good morning/Good evening/" compose.yaml%s\n' "$bold" "$plain"
sed -i.orig 's/Good morning/Good evening/' compose.yaml
deadline=$((SECONDS + 30))
until followed "${before[@]}"; do
  [ "$SECONDS" -lt "$deadline" ] || { tell "The containers did not follow within 30 s."; exit 1; }
done
sleep "$between_s"
stop_watch

tell "The way down: web deregisters, the database is backed up, and only then they stop. Volumes are kept, the backup among them, until they are given up too."
show down
show down --volumes
tell "That was reeve. The file is examples/hooks/compose.yaml; README.md has the rest."
