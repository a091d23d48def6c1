# Puts on this machine what the tests need and it lacks, but for Rust and Node, without which nothing of
# Waterline can be built either.

# tool or file : Debian packages
needed=(
    "cc:gcc libc6-dev"
    "curl:curl"
    "/usr/lib/postgresql/*/bin/postgres:postgresql"
    "/usr/share/request-tracker5/libexec/rt-server:request-tracker5 rt5-standalone"
    "/usr/share/doc/rt5-db-sqlite:rt5-db-sqlite"
    "prometheus:prometheus"
    "chromium:chromium"
    # Of Arial's widths, so that pages are tested as wide as people see them.
    "/usr/share/fonts/truetype/liberation*:fonts-liberation"
)

is_there() {
    case $1 in
        /*) compgen -G "$1" > /dev/null ;;
        *) command -v "$1" > /dev/null ;;
    esac
}

install_what_is_missing() {
    local node=0
    if ! command -v cargo > /dev/null; then
        echo "cargo is missing; install Rust with rustup, then run this again" >&2
        return 1
    fi
    if command -v npm > /dev/null; then
        node=$(node --print 'process.versions.node.split(".")[0]')
    fi
    if ((node < 20)); then
        echo "Node 20 or newer with npm is missing (Debian 12 has an older one); install it from nodejs.org" >&2
        return 1
    fi
    local packages=() need
    for need in "${needed[@]}"; do
        is_there "${need%%:*}" || packages+=(${need#*:})
    done
    ((${#packages[@]})) || return 0
    if ((EUID != 0)) || ! command -v apt-get > /dev/null; then
        echo "this machine lacks: ${packages[*]}" >&2
        echo "on Debian or Ubuntu: sudo apt-get install --no-install-recommends ${packages[*]}" >&2
        return 1
    fi
    echo "installing ${packages[*]}"
    without_starting_services apt_install "${packages[@]}"
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

# The packages would start servers of their own; the tests start theirs, on other ports.
without_starting_services() {
    local policy=/usr/sbin/policy-rc.d ours=no status=0
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod +x "$policy"
        ours=yes
    fi
    "$@" || status=$?
    [[ $ours == no ]] || rm "$policy"
    return "$status"
}
