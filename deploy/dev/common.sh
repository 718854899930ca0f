# Words that every part of ./dev uses: saying what happens, dying with the fix, folders, one at a time.
# shellcheck shell=bash

repo="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
# shellcheck disable=SC2034  # used by the other parts
local_dir="$repo/.local"

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
  printf './dev: error: %s\n' "$*" >&2
  exit 1
}
# usage_error TEXT: a mistake of the caller; exit 2.
usage_error() {
  printf './dev: error: %s\n' "$*" >&2
  printf 'See ./dev help\n' >&2
  exit 2
}

is_root() { [[ $EUID -eq 0 ]]; }

# Takes the lock $1 (a short name) of this clone for the rest of the process on descriptor $2, waiting for
# another ./dev that holds it. Children that outlive us must close the descriptor.
lock() {
  local name="$1" fd="$2"
  mkdir -p "$local_dir"
  eval "exec $fd>\"\$local_dir/$name.lock\""
  if ! flock --nonblock "$fd"; then
    say "waiting for another ./dev of this folder ($name)"
    flock "$fd"
  fi
}

unlock() { eval "exec $1>&-"; }

# How many compilers at once: one per core, and 1.5 GB of memory each.
parallel_jobs() {
  local cores memory_kb by_memory
  cores="$(nproc)"
  memory_kb="$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)"
  by_memory=$((${memory_kb:-1500000} / 1500000))
  ((by_memory < 1)) && by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# What a person's shell says about weir or PostgreSQL must not steer the demo or the tests.
forget_environment() {
  local name
  for name in "${!PG@}"; do unset "$name"; done
  for name in "${!WEIR_@}"; do
    case "$name" in
      *__* | WEIR_DATABASE_URL | WEIR_CONFIG | WEIR_RUNNER_*) unset "$name" ;;
    esac
  done
  unset DATABASE_URL
}
