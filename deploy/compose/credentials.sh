#!/bin/sh
# Makes what the nodes show to each other and ask of callers, once: certificates for their links, and API tokens. Run by
# the service `credentials`, in the folder of the volume that the nodes mount.
set -eu
[ ! -e complete ] || exit 0
umask 077
rm -rf authority n1 n2 n3 tokens ./*.token
weir cert authority --out authority
for node in n1 n2 n3; do
  weir cert node "$node" --authority authority --out "$node"
done
weir token create prometheus --role viewer > prometheus.token
weir token create admin --role admin > admin.token
# Prometheus is another user. What this token shows is metrics and tasks, and it is for this network.
chmod 0711 .
chmod 0444 prometheus.token
touch complete
