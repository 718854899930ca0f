# The private PostgreSQL of this clone: own data directory, own port, loopback only, unprivileged.
#
# PostgreSQL refuses to run as root. So for root the server runs as the system user `postgres`; if that user
# cannot enter this folder, the data lies in /var/tmp/weir-HASH and .local/postgres is a link to it.
# No unix socket: one door, and no trouble with long paths.
# shellcheck shell=bash
: "${repo:?}" "${local_dir:?}"  # from basics.sh

pg_link="$local_dir/postgres"
pg_port_file="$local_dir/port"
pg_log="$local_dir/postgres.log"
pg_far="/var/tmp/weir-$(printf '%s' "$repo" | sha256sum | cut -c1-12)"

# Where the server's programs are: on Debian, not in the PATH.
pg_bin() {
  local dir
  for dir in /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin; do
    if [[ -x "$dir/postgres" ]]; then
      echo "$dir"
      return
    fi
  done
  dirname "$(command -v initdb || die 'PostgreSQL is not installed: ./dev up installs it')"
}

# Who runs the server: the owner of the data if there is some, else `postgres` for root, else oneself.
pg_user() {
  if [[ -L "$pg_link" && -d "$pg_far" ]]; then
    stat -c %U "$pg_far"
  elif [[ -d "$pg_link" ]]; then
    stat -L -c %U "$pg_link"
  elif is_root; then
    echo postgres
  else
    id -un
  fi
}

# Runs a command as the server's user, from a folder that everybody may be in.
as_pg_user() {
  local user="$1"
  shift
  if [[ "$user" == "$(id -un)" ]]; then
    (cd / && exec "$@")
  else
    (cd / && exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env HOME=/ "$@")
  fi
}

# The data directory itself, "" if there is none yet.
pg_data() {
  [[ -f "$pg_link/PG_VERSION" ]] && readlink -f "$pg_link"
  return 0
}

# Line $1 of the server's lock file: 1 its process, 2 its data directory, 4 its port.
pg_pid_line() { sed -n "${1}p" "$(pg_data)/postmaster.pid" 2>/dev/null || true; }

# True if our server runs: the process of the lock file exists and serves our data directory.
pg_running() {
  local data pid command
  data="$(pg_data)"
  [[ -n "$data" && -f "$data/postmaster.pid" && "$(pg_pid_line 2)" == "$data" ]] || return 1
  pid="$(pg_pid_line 1)"
  [[ "$pid" =~ ^[0-9]+$ ]] || return 1
  command="$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" || true)"
  [[ "$command" == *"$data"* ]]
}

# 0 if none was chosen yet.
pg_port() { cat "$pg_port_file" 2>/dev/null || echo 0; }
# pg_url [DATABASE]
pg_url() { echo "postgres://postgres@127.0.0.1:$(pg_port)/${1:-weir}"; }

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Chooses a free port from 54000 up; the first one tried differs from clone to clone.
choose_port() {
  local port first
  first=$((54000 + 0x$(printf '%s' "$repo" | sha256sum | cut -c1-4) % 400))
  for ((port = first; port < first + 1000; port++)); do
    if port_is_free "$port"; then
      echo "$port" >"$pg_port_file"
      return
    fi
  done
  die "no free port between $first and $((first + 1000))"
}

# Makes an empty folder for the data that the server's user can reach, and leaves pg_link leading to it.
make_data_folder() {
  local user="$1"
  if [[ -L "$pg_link" && "$(readlink "$pg_link")" != "$pg_far/data" ]]; then
    note "$pg_link leads to another clone's data; leaving that alone"
    rm -f "$pg_link"
  fi
  rm -rf "$local_dir/postgres.new"
  install -d -m 700 "$local_dir/postgres.new"
  if is_root; then chown "$user:" "$local_dir/postgres.new"; fi
  if as_pg_user "$user" test -w "$local_dir/postgres.new"; then
    if [[ -L "$pg_link" ]]; then rm -f "$pg_link"; fi
    return
  fi
  rmdir "$local_dir/postgres.new"
  say "user $user cannot enter $repo: the data lies in $pg_far (./dev clean removes it)"
  if [[ ! -d "$pg_far" ]]; then as_pg_user "$user" mkdir -m 700 "$pg_far"; fi
  [[ ! -L "$pg_far" && "$(stat -c %U "$pg_far")" == "$user" ]] || die "$pg_far belongs to somebody else: remove it"
  rm -rf "$pg_far/data.new"
  as_pg_user "$user" mkdir -m 700 "$pg_far/data.new"
  rm -rf "$pg_link"
  ln -s "$pg_far/data" "$pg_link"
}

# Makes the data directory, whole or not at all.
init_data() {
  local user="$1" new="$local_dir/postgres.new" final="$pg_link"
  make_data_folder "$user"
  if [[ -L "$pg_link" ]]; then
    new="$pg_far/data.new"
    final="$pg_far/data"
    if [[ -f "$final/PG_VERSION" ]]; then
      rm -rf "$new"
      return
    fi
  fi
  say "making a private PostgreSQL in $final"
  as_pg_user "$user" "$(pg_bin)/initdb" -D "$new" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    --no-instructions >>"$pg_log" 2>&1 || die "initdb failed: see $pg_log"
  echo "include 'weir.conf'" >>"$new/postgresql.conf"
  rm -rf "$final"
  mv "$new" "$final"
}

# One attempt to start the server on the chosen port.
launch() {
  local user="$1" data="$2"
  as_pg_user "$user" "$(pg_bin)/pg_ctl" start -s -w -t 60 -D "$data" -o "-p $(pg_port)" \
    >>"$pg_log" 2>&1 </dev/null 7>&- 8>&- 9>&-
}

make_databases() {
  local name there
  for name in weir weir_test; do
    there="$(pg_sql postgres "select 1 from pg_database where datname = '$name'")" ||
      die "PostgreSQL on 127.0.0.1:$(pg_port) does not answer: see $pg_log"
    if [[ "$there" != 1 ]]; then
      pg_sql postgres "create database $name" >/dev/null || die "database $name cannot be made: see $pg_log"
    fi
  done
}

# pg_sql DATABASE STATEMENT: the bare answer.
pg_sql() { "$(pg_bin)/psql" -X -q -A -t -v ON_ERROR_STOP=1 "$(pg_url "$1")" -c "$2"; }

# Processes whose working folder is the data directory $1: a killed server's children, for a moment.
pg_remnants() {
  local cwd
  for cwd in /proc/[0-9]*/cwd; do
    if [[ "$(readlink "$cwd" 2>/dev/null)" == "$1" ]]; then echo "$cwd"; fi
  done
}

# A lock file of a server that does not run would stop the next one where its process number is in use
# again, or where nobody reaps the dead. It goes once nothing of that server is left.
drop_stale_lock() {
  local data="$1" _
  [[ -f "$data/postmaster.pid" ]] || return 0
  if [[ "$(pg_pid_line 2)" == "$data" ]]; then
    for _ in {1..100}; do
      [[ -z "$(pg_remnants "$data")" ]] && break
      sleep 0.1
    done
    [[ -z "$(pg_remnants "$data")" ]] || die "something still works in $data: see $(pg_remnants "$data" | head -n 1)"
  fi
  note "removing the lock file of a server that is gone"
  rm -f "$data/postmaster.pid"
}

# Starts the server unless it runs; afterwards pg_url answers.
pg_start() {
  local user data
  lock postgres 8
  user="$(pg_user)"
  if [[ "$user" != "$(id -un)" ]] && ! is_root; then
    die "the database in $pg_link belongs to user $user: call ./dev as that user or as root, or ./dev clean as root"
  fi
  [[ "$user" != root ]] || die "$pg_link belongs to root, who may not run PostgreSQL: call ./dev clean, then again"
  if [[ -z "$(pg_data)" || (-L "$pg_link" && "$(readlink "$pg_link")" != "$pg_far/data") ]]; then init_data "$user"; fi
  data="$(pg_data)"
  if pg_running; then
    pg_pid_line 4 >"$pg_port_file"
  else
    drop_stale_lock "$data"
    if [[ ! -s "$pg_port_file" ]] || ! port_is_free "$(pg_port)"; then choose_port; fi
    if ! cmp -s "$repo/deploy/dev/postgresql.conf" "$data/weir.conf"; then
      install -m 600 "$repo/deploy/dev/postgresql.conf" "$data/weir.conf"
      if is_root; then chown "$user:" "$data/weir.conf"; fi
    fi
    say "starting PostgreSQL on 127.0.0.1:$(pg_port)"
    if ! launch "$user" "$data"; then
      choose_port
      note "that failed; once more on port $(pg_port)"
      launch "$user" "$data" || { tail -n 20 "$pg_log" >&2; die "PostgreSQL does not start: see $pg_log"; }
    fi
  fi
  make_databases
  unlock 8
}

# Stops the server if it runs.
pg_stop() {
  pg_running || return 0
  say "stopping PostgreSQL"
  as_pg_user "$(pg_user)" "$(pg_bin)/pg_ctl" stop -s -w -t 60 -m fast -D "$(pg_data)" ||
    as_pg_user "$(pg_user)" "$(pg_bin)/pg_ctl" stop -s -w -t 30 -m immediate -D "$(pg_data)"
}

# Removes the data, wherever it lies.
pg_remove() {
  local far=""
  if [[ -L "$pg_link" && "$(readlink "$pg_link")" == "$pg_far/data" ]]; then far="$pg_far"; fi
  if [[ -n "$far" && -d "$far" ]]; then
    note "removing $far"
    rm -rf "$far"
  fi
  rm -rf "$pg_link" "$local_dir/postgres.new" "$pg_port_file"
}
