# ./dev check: what a reviewer's machine would say. Slower than ./dev test and not part of it.
# shellcheck shell=bash
: "${repo:?}"  # from basics.sh

# All C++ files of the repo, or with --changed those that differ from the main branch.
cpp_files() {
  local base
  cd "$repo" || return 1
  if [[ "${1:-}" == --changed ]]; then
    base="$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main)"
    { git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.hpp'
      git ls-files -o --exclude-standard -- '*.cpp' '*.hpp'; } | sort -u
  else
    git ls-files -co --exclude-standard -- '*.cpp' '*.hpp'
  fi
}

check_format() {
  local -a files
  say "layout (clang-format-14)"
  mapfile -t files < <(cpp_files "$@")
  ((${#files[@]} == 0)) && return 0
  (cd "$repo" && clang-format-14 --dry-run --Werror "${files[@]}") || {
    note "./dev format lays them out"
    return 1
  }
}

run_format() {
  local -a files
  need_packages build check
  say "laying out C++ files"
  mapfile -t files < <(cpp_files "$@")
  ((${#files[@]} == 0)) && return 0
  (cd "$repo" && clang-format-14 -i "${files[@]}")
}

check_scripts() {
  say "scripts (shellcheck)"
  (cd "$repo" && shellcheck -x -a dev .ci/run)
}

check_clang() {
  build_preset clang
}

check_clang_tidy() {
  local -a files
  [[ -f "$repo/build/clang/compile_commands.json" ]] || build_preset clang
  say "static analysis (clang-tidy-14)"
  mapfile -t files < <(cpp_files "$@" | grep '\.cpp$')
  ((${#files[@]} == 0)) && return 0
  python3 -B "$repo/deploy/dev/analyse.py" "$repo/build/clang" "${files[@]}"
}

# The floors without CAF, whose library is not instrumented.
check_tsan() {
  run_tests --preset tsan unit cluster driver runner links
}

# More than ./dev test has time for: the model of ownership with three nodes.
check_model() {
  say "the model with three nodes (spin)"
  python3 -B "$repo/tests/model/model_test.py" --three-nodes
}

# The revision that a cluster is upgraded from: the newest release, else the last one with another schema.
previous_revision() {
  local newest
  cd "$repo" || return 1
  git describe --tags --abbrev=0 --match 'v[0-9]*' HEAD^ 2>/dev/null && return
  newest="$(find sql/migrations -name '[0-9]*.sql' | sort | tail -1)"
  git rev-parse "$(git log --diff-filter=A -1 --format=%H -- "$newest")^"
}

# Rolls a cluster under load from the programs of that revision to these.
check_upgrade() {
  local from place
  from="$(previous_revision)" || die "no earlier revision is known: this needs the repository's history"
  place="$local_dir/previous"
  build_preset release
  say "building what is upgraded from ($from)"
  rm -rf "$place/source" && mkdir -p "$place/source"
  (cd "$repo" && git archive "$from") | tar -x -C "$place/source"
  (cd "$place/source" && cmake --preset release && cmake --build --preset release --target weir \
    --parallel "$(parallel_jobs)") >"$local_dir/previous.log" 2>&1 || die "it does not build: $local_dir/previous.log"
  pg_start
  say "upgrading a cluster under load"
  WEIR_TEST_DATABASE_URL="$(pg_url weir_test)" python3 -B "$repo/tests/e2e/upgrade.py" --build "$repo/build/release" \
    --previous "$place/source/build/release"
}

# weir as a folder of a stranger's project: its library once more, out of the compiler's cache if that has it.
check_folder() {
  build_preset release
  pg_start
  say "weir as a folder of another project, whole"
  WEIR_TEST_DATABASE_URL="$(pg_url weir_test)" python3 -B "$repo/tests/install/folder_test.py" \
    --build "$repo/build/release" --whole
}

run_check() {
  local step status=0 failed=()
  local -a steps=() changed=() known=(format scripts clang tidy tsan model upgrade folder)
  while (($# > 0)); do
    case "$1" in
      --changed) changed=(--changed) ;;
      format | scripts | clang | tidy | tsan | model | upgrade | folder) steps+=("$1") ;;
      *) usage_error "unknown check '$1': choose of ${known[*]}, or --changed" ;;
    esac
    shift
  done
  ((${#steps[@]} > 0)) || steps=("${known[@]}")
  need_packages build check
  for step in "${steps[@]}"; do
    status=0
    case "$step" in
      format) (check_format "${changed[@]}") || status=1 ;;
      scripts) (check_scripts) || status=1 ;;
      clang) (check_clang) || status=1 ;;
      tidy) (check_clang_tidy "${changed[@]}") || status=1 ;;
      tsan) (check_tsan) || status=1 ;;
      model) (check_model) || status=1 ;;
      upgrade) (check_upgrade) || status=1 ;;
      folder) (check_folder) || status=1 ;;
    esac
    ((status == 0)) || failed+=("$step")
  done
  if ((${#failed[@]} > 0)); then die "failed checks: ${failed[*]}"; fi
  say "all checks passed: ${steps[*]}"
}
