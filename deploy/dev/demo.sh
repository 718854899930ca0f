# ./dev up and its companions: three nodes at the main job (examples/partner) in front of a live view.
# shellcheck shell=bash
: "${repo:?}" "${local_dir:?}" "${pg_port_file:?}" "${pg_log:?}"  # from basics.sh and postgres.sh

demo_dir="$local_dir/demo"
weir="$repo/build/release/weir"

demo() {
  python3 -B "$repo/examples/partner/demo.py" "$@" --build "$repo/build/release" --url "$(pg_url)" --dir "$demo_dir"
}

run_up() {
  need_packages build
  build_preset release weir partner-server partner-node
  pg_start
  say "migrating the database"
  "$weir" db migrate --url "$(pg_url)"
  say "starting the partner, three nodes and their work ($demo_dir)"
  demo up
  cat <<TEXT
    The nodes go on until ./dev down. Try meanwhile:
      ./dev weir stream pin partner n3         move the single stream to another node
      ./dev weir task list -o ndjson           what happened
      ./dev logs n1                            one node's log
TEXT
  if [[ -t 1 ]]; then
    # Ctrl-C ends the view only: the nodes are in sessions of their own.
    trap ':' INT
    "$weir" status --watch --url "$(pg_url)" || true
    trap - INT
    say "the nodes are still at work: ./dev status looks again, ./dev down stops them"
  else
    run_status
  fi
}

# ./dev weir ARGUMENT...: the command on the demo's database.
run_weir() {
  [[ -x "$weir" ]] || die "build/release/weir is not there: ./dev build"
  if [[ ! -s "$pg_port_file" ]]; then die "the database was never started: ./dev up or ./dev db start"; fi
  exec "$weir" "$@" --url "$(pg_url)"
}

run_status() {
  if ! pg_running; then
    say "PostgreSQL is not running: ./dev up or ./dev db start"
    return 1
  fi
  say "PostgreSQL: $(pg_url)"
  if [[ -d "$demo_dir" ]]; then demo status || true; fi
  [[ -x "$weir" ]] || die "build/release/weir is not there: ./dev build"
  "$weir" status --url "$(pg_url)"
}

# ./dev logs [NODE|postgres]: follows on a terminal, prints the end otherwise.
run_logs() {
  local -a files=() how=(-n 100)
  case "${1:-}" in
    "") files=("$demo_dir"/*.log) ;;
    postgres) files=("$pg_log") ;;
    *[!A-Za-z0-9_.-]*) usage_error "'$1' is not a node's name" ;;
    *) files=("$demo_dir/$1"*.log) ;;
  esac
  [[ -f "${files[0]}" ]] || die "no log of '${1:-the demo}' in $demo_dir: ./dev up starts it"
  if [[ -t 1 ]]; then how+=(-F); fi
  exec tail "${how[@]}" "${files[@]}"
}

run_down() {
  if [[ -d "$demo_dir" ]]; then
    say "stopping the nodes"
    demo down || return 1
  fi
  pg_stop
}

run_clean() {
  run_down
  say "removing .local and build"
  if ! rm -rf "$repo/build" "$demo_dir"; then die "some files belong to another user: call ./dev clean as root"; fi
  pg_remove
  rm -rf "$local_dir"
}
