# Puts on this machine what the tests need and it lacks.

# tool or file : Debian packages
needed=(
    "cc:gcc libc6-dev"
    "curl:curl"
    "node:nodejs"
    "npm:npm"
    "/usr/lib/postgresql/*/bin/postgres:postgresql"
    "/usr/share/request-tracker5/libexec/rt-server:request-tracker5 rt5-standalone"
    "/usr/share/doc/rt5-db-sqlite:rt5-db-sqlite"
    "prometheus:prometheus"
    "chromium:chromium"
)

is_there() {
    case $1 in
        /*) compgen -G "$1" > /dev/null ;;
        *) command -v "$1" > /dev/null ;;
    esac
}

install_what_is_missing() {
    if ! command -v cargo > /dev/null; then
        echo "cargo is missing; install Rust with rustup (see README.md), then run this again" >&2
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
