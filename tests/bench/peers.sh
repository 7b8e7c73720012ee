#!/bin/bash
# peers.sh BUILD: CPU time a byte of others that read a Postfix log, beside wc -l in the same run.
#
#   PEERS_MB=64   size of the log; each peer gets as much of it as it can bear
#   PEERS_LIMIT=120   seconds that one of them may take
#
# Debian packages: pflogsumm mtail prometheus-postfix-exporter fail2ban. What is not installed is left
# out aloud. They do other things than we do, and not one of them joins lines by queue id for bounces:
# this compares what reading costs, not what is read out. rsyslog with mmnormalize is not measured:
# it needs a rule base of one's own, and that would be what is measured.
set -euo pipefail

build=$(realpath "${1:?usage: peers.sh BUILD}")
dir=$(mktemp -d "${TMPDIR:-/tmp}/mxsplit-peers-XXXXXX")
trap 'rm -rf "$dir"' EXIT
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1

"$build/tools/genlog" --size "${PEERS_MB:-64}M" --seed 7 --surge 30m:600:2h --out "$dir/mail.log"
/usr/bin/python3 "$(dirname "$0")/peers.py" "$build" "$dir/mail.log" "${PEERS_LIMIT:-120}"
