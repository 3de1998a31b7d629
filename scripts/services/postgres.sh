#!/usr/bin/env bash
# A throw-away PostgreSQL for tests, from the system's packages.
#
#   postgres.sh start FOLDER [PID]   prints PARALLAX_TEST_POSTGRES=postgres://… when
#                                    it is ready; with PID, it ends when that process does
#   postgres.sh stop FOLDER
#
# With PARALLAX_STANDBY_OF=postgres://… it follows that server.
#
# It listens on 127.0.0.1 and in FOLDER, asks for a password, can make logical
# replication slots, and does not survive a crash (fsync is off). Where the packages are
# missing it says so and prints no address.
set -euo pipefail
umask 077

usage() { sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 2; }
say() { echo "postgres.sh: $*" >&2; }

find_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true; }

install_packages() {
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then return 0; fi
	umask 022 # packages count on it
	# The package would start a server of its own.
	mkdir -p /etc/postgresql-common
	[ -e /etc/postgresql-common/createcluster.conf ] ||
		echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >&2 && apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends postgresql >&2 || true
}

# initdb refuses root, so that root hands over to the package's user.
as_owner() {
	if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

free_port() {
	local port
	for _ in $(seq 50); do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return 0; }
	done
	return 1
}

launch() { # FOLDER PORT: ready within 30 seconds, or fails
	as_owner "$bin/pg_ctl" -D "$1/data" -l "$1/log" -w -t 30 -o "-p $2 -k $1 -h 127.0.0.1" start >/dev/null
}

settings() {
	cat <<-'CONF'
		wal_level = logical
		max_replication_slots = 8
		max_wal_senders = 8
		fsync = off
		full_page_writes = off
		synchronous_commit = off
		shared_buffers = 64MB
		log_line_prefix = '%m [%p] '
	CONF
}

watch() { # FOLDER PID: the server must not outlive the tests, however they end
	setsid "$0" watch "$1" "$2" </dev/null >/dev/null 2>&1 &
}

create() { # FOLDER: an empty database system; sets login
	local password
	password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
	printf '%s\n' "$password" >"$1/password"
	if [ "$(id -u)" = 0 ]; then chown postgres "$1/password"; fi
	as_owner "$bin/initdb" -D "$1/data" -U parallax --pwfile="$1/password" -A scram-sha-256 \
		-E UTF8 --locale=C.UTF-8 -N >"$1/initdb.log"
	settings >>"$1/data/postgresql.conf"
	login=parallax:$password
}

follow() { # FOLDER: a copy of the other server; sets login
	as_owner "$bin/pg_basebackup" -d "$PARALLAX_STANDBY_OF" -D "$1/data" -c fast -N -R >&2
	login=${PARALLAX_STANDBY_OF#*://}
	login=${login%%@*}
}

start() {
	local folder=$1 login port
	bin=$(find_bin)
	if [ -z "$bin" ]; then (install_packages); bin=$(find_bin); fi
	if [ -z "$bin" ]; then
		say "no PostgreSQL server found in /usr/lib/postgresql, and none installed (as root: apt-get install postgresql)"
		exit 0
	fi
	mkdir -p "$folder"
	folder=$(cd "$folder" && pwd)
	if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
	if [ -n "${PARALLAX_STANDBY_OF:-}" ]; then follow "$folder"; else create "$folder"; fi
	for _ in 1 2 3; do # another process may take the port meanwhile
		port=$(free_port)
		if launch "$folder" "$port"; then
			if [ -n "${2:-}" ]; then watch "$folder" "$2"; fi
			echo "PARALLAX_TEST_POSTGRES=postgres://$login@127.0.0.1:$port/postgres"
			return 0
		fi
	done
	say "the server did not start:"
	tail -20 "$folder/log" >&2
	exit 1
}

stop() { # by the pid that the server wrote
	local pid
	pid=$(head -1 "$1/data/postmaster.pid" 2>/dev/null) || return 0
	kill -INT "$pid" 2>/dev/null || return 0
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -QUIT "$pid" 2>/dev/null || true
}

[ $# -ge 2 ] || usage
case $1 in
start) start "$2" "${3:-}" ;;
stop) stop "$2" ;;
watch)
	while kill -0 "$3" 2>/dev/null; do sleep 1; done
	stop "$2"
	rm -rf "$2"
	;;
*) usage ;;
esac
