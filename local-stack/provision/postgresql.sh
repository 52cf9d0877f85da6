#!/usr/bin/env bash
# Makes sure that the machine has PostgreSQL 15 or newer with pgvector. Repeating it is safe; a machine that has
# both is left alone within a second, without root. Creates no database cluster and touches none that runs.
#
#   KB_POSTGRES_BIN    use the PostgreSQL whose programs are in this folder
#   KB_PROVISION_LOG   where the output of apt and make goes (default: a temporary file)
set -euo pipefail

log=${KB_PROVISION_LOG:-${TMPDIR:-/tmp}/kb-provision-$(id -u).log}
oldest_major=15

say() { printf '  %s\n' "$*"; }
fail() {
    printf '  ✗ %s\n    mend: %s\n    log:  %s\n' "$1" "$2" "$log" >&2
    exit 1
}

# --- What is there -------------------------------------------------------------------------------------------------

major_of() { "$1/postgres" --version 2>/dev/null | sed -E 's/[^0-9]*([0-9]+).*/\1/'; }
shared_folder_of() { "$1/pg_config" --sharedir 2>/dev/null; }
has_vector() { [ -f "$(shared_folder_of "$1")/extension/vector.control" ]; }
has_btree_gin() { [ -f "$(shared_folder_of "$1")/extension/btree_gin.control" ]; }
vector_version() { sed -nE "s/^default_version *= *'(.*)'/\1/p" "$(shared_folder_of "$1")/extension/vector.control"; }

candidates() {
    if [ -n "${KB_POSTGRES_BIN:-}" ]; then
        printf '%s\n' "$KB_POSTGRES_BIN"
        return
    fi
    local own
    own=$(command -v pg_config >/dev/null && pg_config --bindir || true)
    { [ -z "$own" ] || printf '%s\n' "$own"; ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV; } | awk '!seen[$0]++'
}

# The first folder with a new enough server; one that has pgvector already goes before one that has not.
find_server() {
    local folder major without=
    while read -r folder; do
        [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] && [ -x "$folder/pg_config" ] || continue
        major=$(major_of "$folder")
        [ "${major:-0}" -ge "$oldest_major" ] || continue
        if has_vector "$folder"; then
            printf '%s\n' "$folder"
            return
        fi
        without=${without:-$folder}
    done < <(candidates)
    [ -z "$without" ] || printf '%s\n' "$without"
}

report_and_leave_if_complete() {
    server=$(find_server)
    if [ -n "$server" ] && has_vector "$server" && has_btree_gin "$server"; then
        say "✓ $("$server/postgres" --version | sed -E 's/^postgres \(PostgreSQL\) ([^ ]+).*/PostgreSQL \1/') with pgvector $(vector_version "$server")"
        exit 0
    fi
}

report_and_leave_if_complete

# --- What is needed to install ---------------------------------------------------------------------------------------

mkdir -p "$(dirname "$log")"
: >"$log" || fail "cannot write the log" "set KB_PROVISION_LOG to a file that can be written"

command -v apt-get >/dev/null || fail \
    "PostgreSQL $oldest_major or newer with pgvector is missing and this is not Debian or Ubuntu" \
    "install both with your package manager, or set KB_POSTGRES_BIN to the folder of initdb and postgres"

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; } || fail \
        "PostgreSQL with pgvector must be installed, which needs root" "run as root once: $0"
    sudo=(sudo)
fi

exec 9>"${TMPDIR:-/tmp}/kb-provision-$(id -u).lock"
if ! flock -n 9; then
    say "… another provisioning is running, waiting for it"
    flock 9
    report_and_leave_if_complete
fi

work=$(mktemp -d)
chmod 755 "$work"
no_cluster=/etc/postgresql-common/createcluster.d/kb-no-cluster.conf
clean_up() {
    rm -rf "$work"
    if [ -n "${wrote_no_cluster:-}" ]; then "${sudo[@]}" rm -f "$no_cluster"; fi
}
trap clean_up EXIT

apt() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1; }
has_candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -E '^  Candidate: [^(]' >/dev/null; }

updated=
update_lists() {
    [ -z "$updated" ] || return 0
    say "… reading the package lists"
    apt update || fail "apt-get update failed" "check the network and the machine's apt sources"
    updated=yes
}

# Only the packages asked for and what they cannot do without. A stale list is read anew once.
install_packages() {
    say "… installing $*"
    apt install --no-install-recommends "$@" && return
    [ -z "$updated" ] || return 1
    update_lists
    apt install --no-install-recommends "$@"
}

# --- PostgreSQL --------------------------------------------------------------------------------------------------------

if [ -z "$server" ]; then
    [ -z "${KB_POSTGRES_BIN:-}" ] || fail "no PostgreSQL $oldest_major or newer in $KB_POSTGRES_BIN" \
        "set KB_POSTGRES_BIN to the folder of initdb and postgres, or leave it unset"
    newest_package() {
        apt-cache search --names-only '^postgresql-[0-9]+$' 2>/dev/null |
            sed -E 's/^postgresql-([0-9]+) .*/\1/' | sort -rn | awk -v oldest="$oldest_major" '$1 >= oldest && !found++'
    }
    major=$(newest_package)
    if [ -z "$major" ]; then
        update_lists
        major=$(newest_package)
    fi
    [ -n "$major" ] || fail "this machine's package sources have no PostgreSQL $oldest_major or newer" \
        "add a source that has one (Debian 12, Ubuntu 24.04 and newer have it), then repeat"
    if [ ! -e "$no_cluster" ]; then
        "${sudo[@]}" mkdir -p "$(dirname "$no_cluster")"
        echo 'create_main_cluster = false' | "${sudo[@]}" tee "$no_cluster" >/dev/null
        wrote_no_cluster=yes
    fi
    install_packages "postgresql-$major" ||
        fail "postgresql-$major could not be installed" "read the log's last lines, mend apt, then repeat"
    server=$(find_server)
    [ -n "$server" ] || fail "postgresql-$major is installed but its programs are not where they should be" \
        "set KB_POSTGRES_BIN to the folder of initdb and postgres"
fi
major=$(major_of "$server")
has_btree_gin "$server" || install_packages "postgresql-contrib-$major" || install_packages postgresql-contrib ||
    fail "the extension btree_gin is missing from PostgreSQL $major" "install PostgreSQL's contrib modules"

# --- pgvector ----------------------------------------------------------------------------------------------------------

distribution_server=/usr/lib/postgresql/$major/bin
if ! has_vector "$server" && [ "$server" = "$distribution_server" ]; then
    has_candidate "postgresql-$major" || update_lists
    if has_candidate "postgresql-$major-pgvector"; then
        install_packages "postgresql-$major-pgvector" || say "… that did not work, building it from source instead"
    fi
fi

# Headers of the very server that is installed, so that no server, perhaps one in use, is upgraded on the way.
install_headers() {
    local version
    version=$(dpkg-query -W -f '${Version}' "postgresql-$major" 2>/dev/null || true)
    if [ -n "$version" ] && install_packages make gcc libc6-dev "postgresql-server-dev-$major=$version"; then return; fi
    if pgrep -x postgres >/dev/null && LC_ALL=C apt-get -s install --no-install-recommends "postgresql-server-dev-$major" 2>/dev/null |
        grep -E "^Inst postgresql-$major " >/dev/null; then
        fail "the headers for PostgreSQL $major come only with an upgrade of the server that is running" \
            "upgrade when it suits you: apt-get install postgresql-$major postgresql-server-dev-$major; then repeat"
    fi
    install_packages make gcc libc6-dev "postgresql-server-dev-$major"
}

# pgvector's source package from a newer suite of the machine's own Debian archive, with lists and cache of its own.
download_source() {
    local archive signed_by suite
    archive=$(apt-get indextargets --format '$(REPO_URI)|$(CODENAME)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)' 'Created-By: Packages' |
        awk -F'|' -v own="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" \
            '($2 == own || $3 == own) && $4 == "main" && !found++ { print $1 "|" $5 }')
    [ -n "$archive" ] || return 1
    signed_by=${archive#*|}
    archive=${archive%%|*}
    [ -f "$signed_by" ] || signed_by=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -f "$signed_by" ] || signed_by=
    for suite in sid forky trixie; do
        say "… fetching the source of pgvector from $suite"
        rm -rf "$work/apt" "$work/source"
        mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/source"
        echo "deb-src ${signed_by:+[signed-by=$signed_by] }$archive $suite main" >"$work/apt/sources.list"
        local options=(-q -o "Dir::Etc::sourcelist=$work/apt/sources.list" -o Dir::Etc::sourceparts=-
            -o "Dir::State::Lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=root)
        if apt-get "${options[@]}" update >>"$log" 2>&1 &&
            (cd "$work/source" && apt-get "${options[@]}" source --download-only --only-source pgvector >>"$log" 2>&1); then
            mkdir "$work/source/pgvector"
            tar -xf "$work"/source/pgvector_*.orig.tar.* -C "$work/source/pgvector" --strip-components=1 && return
        fi
    done
    return 1
}

if ! has_vector "$server"; then
    if ! command -v make >/dev/null || ! command -v gcc >/dev/null ||
        [ ! -f "$("$server/pg_config" --includedir-server)/postgres.h" ] || [ ! -f "$("$server/pg_config" --pgxs)" ]; then
        install_headers || fail "postgresql-server-dev-$major could not be installed" "read the log's last lines, mend apt, then repeat"
    fi
    download_source || fail "the source of pgvector could not be fetched from the machine's Debian archive" \
        "check the network, or install pgvector for PostgreSQL $major yourself"
    say "… building pgvector for PostgreSQL $major"
    build=(make -C "$work/source/pgvector" OPTFLAGS= with_llvm=no "PG_CONFIG=$server/pg_config")
    "${build[@]}" -j "$(nproc)" >>"$log" 2>&1 || fail "pgvector did not compile" "read the log's last lines"
    "${sudo[@]}" "${build[@]}" install >>"$log" 2>&1 || fail "pgvector could not be installed" "read the log's last lines"
fi

report_and_leave_if_complete
fail "PostgreSQL or pgvector is still not found after installing" "set KB_POSTGRES_BIN to the folder of initdb and postgres"
