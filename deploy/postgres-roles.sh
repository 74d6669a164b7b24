#!/bin/bash
# First start only: two logins, each a member of the group whose rights the migrations define, and of nothing else.
set -euo pipefail
secrets=${TALLY_SECRETS:-/run/secrets}
psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set=database="$POSTGRES_DB" \
  --set=app="$(cat "$secrets/postgres_app_password")" \
  --set=explorer="$(cat "$secrets/postgres_explorer_password")" <<'SQL'
CREATE ROLE tally_app NOLOGIN;
CREATE ROLE tally_explorer NOLOGIN;
CREATE ROLE tally_coordinator LOGIN NOINHERIT PASSWORD :'app' IN ROLE tally_app;
CREATE ROLE tally_explorer_login LOGIN NOINHERIT PASSWORD :'explorer' IN ROLE tally_explorer;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO tally_coordinator, tally_explorer_login;
SQL
