# ./dev fuzz: libFuzzer on every target of tests/fuzz, one after the other.
#
# What a target learns stays in .local/fuzz/NAME/learnt, where its next run begins; inputs that end it stay beside it.
# shellcheck shell=bash
: "${repo:?}" "${local_dir:?}"  # from basics.sh

fuzz_usage="usage: ./dev fuzz [NAME...] [--seconds N]"
fuzz_programs="$repo/build/fuzz/tests/fuzz"
fuzz_suffix="-libfuzzer"

# The names of all targets.
fuzz_targets() {
  local file
  for file in "$repo"/tests/fuzz/corpus/*/; do basename "$file"; done
}

# fuzz_one NAME SECONDS: runs a target; false if an input ended it, which is then named with the line to replay it.
fuzz_one() {
  local name="$1" seconds="$2" home="$local_dir/fuzz/$1" program="$fuzz_programs/fuzz-$1$fuzz_suffix" found status=0
  local -a wrap=()
  # The sanitizers of Debian 12 trip over the address layouts of newer kernels.
  if setarch -R true 2>/dev/null; then wrap=(setarch -R); fi
  mkdir -p "$home/learnt"
  touch "$home/began"
  say "fuzzing $name for $seconds s"
  "${wrap[@]}" "$program" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
    -malloc_limit_mb=256 -print_final_stats=1 -verbosity=0 -artifact_prefix="$home/" \
    "$home/learnt" "$repo/tests/fuzz/corpus/$name" >"$home/log" 2>&1 || status=$?
  sed -n 's/^stat::number_of_executed_units: */    inputs: /p' "$home/log"
  ((status == 0)) && return 0
  tail -n 30 "$home/log" >&2
  while read -r found; do
    note "it ended with $found; replay it: ${wrap[*]} $program $found"
  done < <(find "$home" -maxdepth 1 -type f -newer "$home/began" ! -name log ! -name began)
  return 1
}

run_fuzz() {
  local seconds=60 name
  local -a names=() all=() bad=() targets=()
  mapfile -t all < <(fuzz_targets)
  while (($# > 0)); do
    case "$1" in
      --seconds) seconds="${2:-}" && shift ;;
      --seconds=*) seconds="${1#*=}" ;;
      -*) usage_error "unknown option $1; $fuzz_usage" ;;
      *) names+=("$1") ;;
    esac
    shift || usage_error "$fuzz_usage"
  done
  [[ "$seconds" =~ ^[1-9][0-9]*$ ]] || usage_error "--seconds takes a number from 1, not '$seconds'"
  ((${#names[@]} > 0)) || names=("${all[@]}")
  for name in "${names[@]}"; do
    [[ " ${all[*]} " == *" $name "* ]] || usage_error "no fuzz target '$name': choose of ${all[*]}"
  done
  need_packages build check
  targets=("${names[@]/#/fuzz-}")
  build_preset fuzz "${targets[@]/%/$fuzz_suffix}"
  export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
  for name in "${names[@]}"; do
    fuzz_one "$name" "$seconds" || bad+=("$name")
  done
  if ((${#bad[@]} > 0)); then die "targets that an input ended: ${bad[*]} (kept in .local/fuzz/)"; fi
  say "no input ended any of ${#names[@]} targets"
}
