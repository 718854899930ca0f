# ./dev test: builds, runs ctest, adds up.
#
# Without a name: everything but $on_demand on the release build, then the labels of $sanitized
# under the address sanitizer (which takes the time of a build: so not the commands, and not whole clusters). With
# names: those labels or tests, on the release build or on --preset P.
# shellcheck shell=bash
: "${repo:?}" "${local_dir:?}"  # from basics.sh

# Tests of these labels measure time or fill both cores: they run after the others, and alone unless they say that
# they mostly wait (tests/e2e/CMakeLists.txt).
alone='e2e|runner|actor|browser'
# Tests of these labels run only when named: they want a browser, or fetch a Debian.
on_demand='browser|packages|debian13'
# What is built and run under the sanitizer, as folders of tests/.
sanitized=(unit config cluster driver runner links http actor sql)
counted="$local_dir/test-results"

test_usage="usage: ./dev test [NAME...] [--repeat N] [--preset P]"

# run_ctest PRESET ARGUMENT...: one ctest; its counts go to $counted, its failure is only noted there.
run_ctest() {
  local preset="$1" junit status=0
  shift
  local -a wrap=()
  junit="$counted/$(printf '%03d' "$(find "$counted" -name '*.xml' | wc -l)").xml"
  # The sanitizers of Debian 12 trip over the address layouts of newer kernels.
  if [[ "$preset" == *san ]] && setarch -R true 2>/dev/null; then wrap=(setarch -R); fi
  (cd "$repo/build/$preset" &&
    "${wrap[@]}" ctest --output-on-failure --output-junit "$junit" "$@") || status=$?
  if ((status != 0)); then echo "$preset $*" >>"$counted/failed"; fi
  [[ -s "$junit" ]] || echo "ctest $* of $preset gave no result" >>"$counted/failed"
}

# run_split PRESET EXCLUDED ARGUMENT...: the same without the labels EXCLUDED (a|b, or "-" for none): first what
# may run side by side, then the rest one by one.
run_split() {
  local preset="$1" excluded="$2"
  shift 2
  if has_tests "$preset" "$@" -LE "^($alone|$excluded)\$"; then
    run_ctest "$preset" "$@" -LE "^($alone|$excluded)\$" --parallel "$(nproc)"
  fi
  if has_tests "$preset" "$@" -L "^($alone)\$" -LE "^($excluded)\$"; then
    run_ctest "$preset" "$@" -L "^($alone)\$" -LE "^($excluded)\$" --parallel 3
  fi
}

# has_tests PRESET ARGUMENT...: true if ctest would run anything.
has_tests() {
  local preset="$1" listed
  shift
  listed="$(cd "$repo/build/$preset" && ctest -N "$@")"
  [[ "$listed" == *$'\n  Test '* ]]
}

# select_tests PRESET NAME: sets `selection` to the ctest arguments that mean NAME, a label or part of a name.
select_tests() {
  local preset="$1" name="$2"
  [[ "$name" =~ ^[A-Za-z0-9_.:-]+$ ]] || usage_error "'$name' is neither a label nor part of a test's name"
  selection=(-L "^$name\$")
  if has_tests "$preset" "${selection[@]}"; then return; fi
  selection=(-R "$name")
  if has_tests "$preset" "${selection[@]}"; then return; fi
  usage_error "no label and no test is called '$name' in build/$preset. There are:
$(list_tests "$preset")"
}

# What the tests in a browser need besides. Asked for by name only, so that nobody else has to have a browser.
need_browser() {
  local place="$repo/tests/browser"
  need_packages browser site
  command -v npm >/dev/null || need_packages npm
  if [[ "$place/node_modules/.package-lock.json" -nt "$place/package-lock.json" ]]; then return; fi
  say "installing what tests/browser/package-lock.json names"
  (cd "$place" && npm ci --no-audit --no-fund --loglevel=error >/dev/null) || die "npm ci failed in tests/browser"
}

# Prints the labels and the names of all tests.
list_tests() {
  cd "$repo/build/$1" || return 1
  ctest --print-labels | sed -n 's/^  /  label /p'
  ctest -N | sed -n 's/^  Test *#[0-9]*: /  test  /p'
}

# Prints the sum of all ctest runs, as ctest counts (a gtest program is one test).
sum_up() {
  python3 - "$counted" <<'PYTHON'
import glob, sys
import xml.etree.ElementTree as tree

total = failed = skipped = 0
for path in sorted(glob.glob(sys.argv[1] + "/*.xml")):
    suite = tree.parse(path).getroot()
    total += int(suite.get("tests"))
    failed += int(suite.get("failures"))
    skipped += int(suite.get("skipped")) + int(suite.get("disabled"))
    for case in suite.iter("testcase"):
        if case.get("status") == "fail":
            print(f"    failed: {case.get('name')}")
left_out = f" ({skipped} skipped)" if skipped else ""
print(f"{total - failed - skipped} passed, {failed} failed{left_out}")
sys.exit(1 if failed or not total else 0)
PYTHON
}

run_tests() {
  local -a names=() selection=() targets=("${sanitized[@]/#/tests/}")
  targets=("${targets[@]/%//all}")
  local repeat=1 preset="" round name
  while (($# > 0)); do
    case "$1" in
      --repeat) repeat="${2:-}" && shift ;;
      --repeat=*) repeat="${1#*=}" ;;
      --preset) preset="${2:-}" && shift ;;
      --preset=*) preset="${1#*=}" ;;
      -*) usage_error "unknown option $1; $test_usage" ;;
      *) names+=("$1") ;;
    esac
    shift || usage_error "$test_usage"
  done
  [[ "$repeat" =~ ^[1-9][0-9]*$ ]] || usage_error "--repeat takes a number from 1, not '$repeat'"

  need_packages build test package site
  pg_start
  lock test 7
  WEIR_TEST_DATABASE_URL="$(pg_url weir_test)"
  export WEIR_TEST_DATABASE_URL
  export ASAN_OPTIONS="${ASAN_OPTIONS:-strict_string_checks=1:detect_stack_use_after_return=1}"
  export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$repo/tests/lsan.supp:print_suppressions=0}"
  # Tests end processes by signals on purpose, and look at which.
  export TSAN_OPTIONS="${TSAN_OPTIONS:-handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0}"
  export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
  rm -rf "$counted" && mkdir -p "$counted"

  if ((${#names[@]} == 0)) && [[ -z "$preset" ]]; then
    build_preset release
    build_preset asan "${targets[@]}"
    for ((round = 1; round <= repeat; round++)); do
      ((repeat > 1)) && say "round $round of $repeat"
      say "testing release"
      WEIR_BUILD_DIR="$repo/build/release" run_split release "$on_demand"
      say "testing asan (${sanitized[*]})"
      WEIR_BUILD_DIR="$repo/build/asan" run_split asan \
        "alerts|app|model|chaos|deploy|e2e|tidy|fuzz|site|$on_demand"
    done
  else
    preset="${preset:-release}"
    if [[ " ${names[*]} " == *" browser"* ]]; then need_browser; fi
    if [[ " ${names[*]} " =~ " "(packages|debian13)" " ]]; then need_packages chroot; fi
    build_preset "$preset"
    export WEIR_BUILD_DIR="$repo/build/$preset"
    for name in "${names[@]}"; do select_tests "$preset" "$name"; done
    for ((round = 1; round <= repeat; round++)); do
      ((repeat > 1)) && say "round $round of $repeat"
      ((${#names[@]} == 0)) && run_split "$preset" "$on_demand"
      for name in "${names[@]}"; do
        select_tests "$preset" "$name"
        say "testing $name ($preset)"
        run_split "$preset" - "${selection[@]}"
      done
    done
  fi

  local outcome=0
  sum_up || outcome=1
  [[ -e "$counted/failed" ]] && outcome=1
  unlock 7
  return "$outcome"
}

# As long as it is told; ./dev test has a minute of it.
run_chaos() {
  need_packages build test
  build_preset release
  python3 -B "$repo/tests/chaos/chaos.py" --build "$repo/build/release" "$@"
}

# Measures; never a test: figures of a busy or small machine fail nobody. What it finds is all that stdout gets.
run_bench() {
  local program=bench
  case "${1-}" in
    --cdc | --pressure | --check | --pages)
      program="${1#--}"
      shift
      ;;
  esac
  {
    need_packages build
    if [[ "$program" == check ]]; then need_packages guard; fi
    pg_start
    build_preset release
  } >&2
  WEIR_TEST_DATABASE_URL="$(pg_url weir_test)" python3 -B "$repo/bench/$program.py" --build "$repo/build/release" "$@"
}
