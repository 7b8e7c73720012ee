#!/bin/bash
# detect.sh BUILD [YEARS]: how good the detector is on seeded streams that nobody tuned it on, beside
# what others do, and what it costs. Needs `make all tools`. Takes about four minutes for 10 years.
set -euo pipefail

build=$(realpath "${1:?usage: detect.sh BUILD [YEARS]}")
exec /usr/bin/python3 "$(dirname "$0")/detect.py" --bin "$build" --years "${2:-10}"
