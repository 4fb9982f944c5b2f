#!/bin/sh
# Entry of the broker's container: puts the administrator's password, read from its secret, into the broker's login settings.
set -eu
word=$(cat /run/secrets/kafka_admin)
login="org.apache.kafka.common.security.plain.PlainLoginModule required username=\"admin\" password=\"$word\""
KAFKA_LISTENER_NAME_ADMIN_PLAIN_SASL_JAAS_CONFIG="$login user_admin=\"$word\";"
KAFKA_LISTENER_NAME_CONTROLLER_PLAIN_SASL_JAAS_CONFIG="$login user_admin=\"$word\";"
KAFKA_LISTENER_NAME_CLIENT_SCRAM___SHA___512_SASL_JAAS_CONFIG='org.apache.kafka.common.security.scram.ScramLoginModule required;'
export KAFKA_LISTENER_NAME_ADMIN_PLAIN_SASL_JAAS_CONFIG KAFKA_LISTENER_NAME_CONTROLLER_PLAIN_SASL_JAAS_CONFIG
export KAFKA_LISTENER_NAME_CLIENT_SCRAM___SHA___512_SASL_JAAS_CONFIG
exec /etc/kafka/docker/run
