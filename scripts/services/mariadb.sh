#!/bin/sh
# A throw-away MariaDB for tests, on a loopback port of its own.
#
#   mariadb.sh start FOLDER [OPTION...]
#       starts it with its data in FOLDER, with further options of mariadbd, and prints
#       PARALLAX_TEST_MARIADB=mysql://user:pass@127.0.0.1:PORT/
#   mariadb.sh stop FOLDER
#       ends it; FOLDER stays
#
# Where the server is missing and cannot be installed it says so on standard
# error and prints no address, with status 0: the caller decides what that means.
set -eu

fail() { echo "mariadb.sh: $*" >&2; exit 1; }
skip() { echo "mariadb.sh: $*" >&2; exit 0; }

[ $# -ge 2 ] || fail "usage: mariadb.sh start FOLDER [OPTION...] | stop FOLDER"
command=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2
PATH=$PATH:/usr/sbin:/usr/local/sbin

# install_packages keeps the package from starting a service of its own.
install_packages() {
	[ "$(id -u)" = 0 ] || skip "mariadbd is missing, and only root can install mariadb-server"
	command -v apt-get >/dev/null || skip "mariadbd is missing, and there is no apt-get to install it"
	policy=/usr/sbin/policy-rc.d
	made=
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy
		made=yes
	fi
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends mariadb-server >"$folder/install.log" 2>&1 ||
		{ apt-get update >>"$folder/install.log" 2>&1 &&
			DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends mariadb-server >>"$folder/install.log" 2>&1; } ||
		installed=no
	[ -z "$made" ] || rm -f $policy
	[ "${installed:-}" != no ] || skip "mariadb-server cannot be installed: see $folder/install.log"
}

# free_port asks the kernel's list, and leaves the race to the server's own bind.
free_port() {
	port=$((20000 + ($$ * 7 + ${1:-0} * 101) % 20000))
	while grep -qi ":$(printf '%04X' $port) " /proc/net/tcp 2>/dev/null; do
		port=$((port + 1))
	done
	echo $port
}

# A socket's path is bounded to 107 bytes: it is given relative to the data, where
# the server works.
launch() {
	port=$1
	shift
	cd "$folder/data"
	mariadbd --no-defaults --user="$user" --datadir="$folder/data" --socket=m.sock --pid-file="$folder/m.pid" \
		--bind-address=127.0.0.1 --port="$port" --skip-name-resolve \
		--log-bin=binlog --binlog-format=ROW --server-id=1 --gtid-strict-mode=1 \
		--innodb-buffer-pool-size=64M --innodb-log-file-size=32M --innodb-flush-log-at-trx-commit=0 \
		--performance-schema=OFF --skip-innodb-doublewrite --local-infile=0 "$@" \
		</dev/null >"$folder/m.log" 2>&1 &
	pid=$!
}

# ready waits until the server answers; 30 seconds at most.
ready() {
	tries=0
	while [ $tries -lt 150 ]; do
		kill -0 $pid 2>/dev/null || return 1
		mariadb --no-defaults --socket=m.sock -u root -e 'SELECT 1' >/dev/null 2>&1 && return 0
		sleep 0.2
		tries=$((tries + 1))
	done
	return 1
}

start() {
	command -v mariadbd >/dev/null || install_packages
	command -v mariadb-install-db >/dev/null || skip "mariadb-install-db is missing"
	[ ! -e "$folder/m.pid" ] || ! kill -0 "$(cat "$folder/m.pid")" 2>/dev/null || fail "a server runs in $folder already"
	user=$(id -un)
	if [ ! -d "$folder/data/mysql" ]; then
		mariadb-install-db --no-defaults --user="$user" --datadir="$folder/data" --auth-root-authentication-method=normal \
			--skip-test-db >"$folder/install-db.log" 2>&1 || fail "mariadb-install-db failed: see $folder/install-db.log"
	fi
	for attempt in 0 1 2; do
		launch "$(free_port $attempt)" "$@"
		! ready || break
		kill $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		[ $attempt -lt 2 ] || fail "the server does not come up: see $folder/m.log"
	done
	mariadb --no-defaults --socket=m.sock -u root -e "
		CREATE USER IF NOT EXISTS 'parallax'@'127.0.0.1' IDENTIFIED BY 'test-only';
		GRANT ALL PRIVILEGES ON *.* TO 'parallax'@'127.0.0.1' WITH GRANT OPTION;" ||
		fail "the user cannot be created: see $folder/m.log"
	echo "PARALLAX_TEST_MARIADB=mysql://parallax:test-only@127.0.0.1:$port/"
}

# stop asks first, and insists after 20 seconds.
stop() {
	[ -e "$folder/m.pid" ] || return 0
	pid=$(cat "$folder/m.pid")
	kill "$pid" 2>/dev/null || return 0
	tries=0
	while kill -0 "$pid" 2>/dev/null; do
		[ $tries -lt 100 ] || { kill -9 "$pid" 2>/dev/null || true; break; }
		sleep 0.2
		tries=$((tries + 1))
	done
	rm -f "$folder/m.pid"
}

case $command in
start) start "$@" ;;
stop) stop ;;
*) fail "unknown command: $command" ;;
esac
