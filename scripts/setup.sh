#!/usr/bin/env bash
# Installs what the tests use beyond Go: a C compiler for the race detector, a
# browser for the report, the database servers that tests start for themselves,
# shells and a checker of manual pages, and what scripts/readers.sh needs. Without
# root it says what is missing and goes on; the tests that need it skip loudly.
# --bench adds the benchmarks' peers.
set -euo pipefail

want=()
command -v cc >/dev/null || want+=(gcc libc6-dev)
command -v chromium >/dev/null || want+=(chromium fonts-dejavu-core)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || want+=(postgresql)
PATH=$PATH:/usr/sbin command -v mariadbd >/dev/null || want+=(mariadb-server)
python3 -c 'import ensurepip, venv' 2>/dev/null || want+=(python3 python3-venv)
for tool in curl zsh fish mandoc; do
	command -v "$tool" >/dev/null || want+=("$tool")
done
if [ "${1:-}" = --bench ]; then
	for peer in zstd tshark wrk; do
		command -v "$peer" >/dev/null || want+=("$peer")
	done
fi
[ ${#want[@]} -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "setup: missing, and not installed here: ${want[*]}" >&2
	exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# The packages of the servers would start services of their own.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
if [ ! -e /usr/sbin/policy-rc.d ]; then
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod +x /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${want[@]}" >/dev/null
