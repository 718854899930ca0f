# Words that every part of ./dev uses: saying what happens, dying with the fix, folders, one at a time.
# shellcheck shell=bash

repo="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
# shellcheck disable=SC2034  # used by the other parts
local_dir="$repo/.local"

# ccache keeps its files in here too, unless this person has a cache already (which then serves all clones).
if [[ -z "${CCACHE_DIR:-}" && ! -d "${XDG_CACHE_HOME:-${HOME:-}/.cache}/ccache" && ! -d "${HOME:-}/.ccache" ]]; then
  export CCACHE_DIR="$local_dir/ccache"
fi

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

# Makes .local, or says whose it is.
need_local() {
  mkdir -p "$local_dir" 2>/dev/null || true
  if [[ ! -w "$local_dir" || (-d "$repo/build" && ! -w "$repo/build") ]]; then
    die "$local_dir or build/ belongs to another user: call ./dev as that user, or ./dev clean as root first"
  fi
}

# Holds one thing of this clone (postgres, build, test) for the rest of the process on descriptor $2, waiting
# for another ./dev that holds it. The lock is on the part's own script, so it leaves no file behind and
# works for every user. Children that outlive us must close the descriptor.
lock() {
  local fd="$2"
  # shellcheck disable=SC2034  # used by eval
  local file="$repo/deploy/dev/$1.sh"
  need_local
  eval "exec $fd<\"\$file\""
  if ! flock --nonblock "$fd"; then
    say "waiting for another ./dev of this folder ($1)"
    flock "$fd"
  fi
}

unlock() { eval "exec $1<&-"; }

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
