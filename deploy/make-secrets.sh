#!/bin/sh
# Makes every password of the compose stack once, into deploy/secrets. Repeating it keeps what is there.
set -eu
cd "$(dirname "$0")/secrets"
umask 077

word() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 32; }
once() { [ -e "$1" ] || printf '%s' "${2:-$(word)}" >"$1"; }

once postgres_password
once kafka_admin
once grafana_admin
once mqtt_intake
once webhook_url ''
once oidc_client_secret ''
once channel_secrets '{}'
once link_secret
once errand_secret
for principal in intake ingest detection risk alerting response console drill operator; do
    once "kafka_$principal"
done
roles=''
for role in admin board console intake ingest detection risk alerting response drill; do
    once "database_$role"
    roles="$roles${roles:+, }\"lianjing_$role\": \"$(cat "database_$role")\""
    once "database_url_$role" "postgresql://lianjing_$role:$(cat "database_$role")@postgres:5432/lianjing"
done
once database_url_owner "postgresql://postgres:$(cat postgres_password)@postgres:5432/lianjing"
printf '{%s}\n' "$roles" >role_passwords
once mqtt_url "mqtt://intake:$(cat mqtt_intake)@mosquitto:1883"
# One line per device or provider, name:password; mosquitto hashes a copy at its start.
once mqtt_users "intake:$(cat mqtt_intake)
"
# Each container mounts its files alone, as its own user, so the files are readable; the folder above them is not.
chmod 0700 .
chmod 0644 -- *
echo "口令在 $(pwd)(请保护此目录)/ passwords are in $(pwd): protect this folder"
