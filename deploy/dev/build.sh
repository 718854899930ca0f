# Building one preset of CMakePresets.json, and packages of it.
# shellcheck shell=bash
: "${repo:?}" "${local_dir:?}"  # from basics.sh

presets=(dev release package asan tsan clang fuzz)

# What is worth building where CAF, whose library is not instrumented, would only be in the way.
# `unit` is a label of tests in other folders, too.
tsan_targets=(tests/unit/all tests/config/all sql_text_test tests/cluster/all tests/driver/all tests/runner/all
  tests/links/all)

# build_preset PRESET [TARGET...]: configures if need be, builds; prints only what is worth reading.
build_preset() {
  local preset="$1" dir jobs home
  shift
  [[ "$preset" == tsan && $# == 0 ]] && set -- "${tsan_targets[@]}"
  [[ " ${presets[*]} " == *" $preset "* ]] || usage_error "no preset '$preset': choose one of ${presets[*]}"
  dir="$repo/build/$preset"
  jobs="$(parallel_jobs)"
  lock build 9
  if [[ -f "$dir/CMakeCache.txt" ]]; then
    home="$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$dir/CMakeCache.txt")"
    if [[ "$home" != "$repo" ]]; then
      note "build/$preset was made for $home: starting anew"
      rm -rf "$dir"
    fi
  fi
  say "configuring $preset"
  (cd "$repo" && cmake --preset "$preset" >"$local_dir/cmake-$preset.log" 2>&1) || {
    cat "$local_dir/cmake-$preset.log" >&2
    die "cmake failed (build/$preset)"
  }
  say "building $preset ($jobs at once)"
  (cd "$repo" && cmake --build --preset "$preset" --parallel "$jobs" ${1:+--target "$@"} 9>&-) ||
    die "the $preset build failed"
  unlock 9
}

# Debian packages of the preset `package`, into build/packages.
run_package() {
  need_packages build package
  build_preset package
  rm -rf "$repo/build/packages"
  say "packing"
  (cd "$repo/build/package" && cpack -G DEB >"$local_dir/cpack.log" 2>&1) || {
    cat "$local_dir/cpack.log" >&2
    die "cpack failed (build/package)"
  }
  rm -rf "$repo/build/packages/_CPack_Packages"
  ls -l "$repo/build/packages"
}
