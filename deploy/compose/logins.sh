#!/bin/sh
# Run once by the postgres image, when it has made the database: the login that owns the schema, and that of the nodes.
set -eu
owner=$(cat /run/secrets/owner_password)
node=$(cat /run/secrets/node_password)
psql -X -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  -v owner="$owner" -v node="$node" -v database="$POSTGRES_DB" <<'SQL'
create role weir_owner login password :'owner';
create role weir_node login password :'node';
grant create on database :"database" to weir_owner;
SQL
