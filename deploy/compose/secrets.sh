#!/bin/sh
# Makes the passwords of this composition, once, as files in ./secrets that only you can get at: the folder is closed,
# the files are not, since they are mounted one by one and the users of the containers have other numbers than you.
set -eu
cd "$(dirname "$0")"
if [ -e secrets ]; then
  echo "secrets/ is there already: remove it, and the volumes, to begin anew" >&2
  exit 1
fi
umask 077
mkdir secrets
password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
superuser=$(password)
owner=$(password)
node=$(password)
printf '%s' "$superuser" > secrets/postgres_password
printf '%s' "$owner" > secrets/owner_password
printf '%s' "$node" > secrets/node_password
printf 'postgres://weir_owner:%s@postgres:5432/app' "$owner" > secrets/owner_url
printf 'postgres://weir_node:%s@pgbouncer:6432/app' "$node" > secrets/node_url
printf 'postgres://weir_node:%s@postgres:5432/app' "$node" > secrets/node_direct_url
printf '"weir_node" "%s"\n' "$node" > secrets/userlist
chmod 0444 secrets/*
