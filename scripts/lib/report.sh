# Runs steps, keeps their outcomes, and sums them up at the end.

summary=()
failed=0

# step NAME COMMAND…: runs it whatever became of the steps before, so that one run shows every fault.
step() {
    local name=$1 started=$SECONDS outcome="passed" status
    shift
    printf '\n=== %s\n' "$name"
    # Not `if`, `||` or `!`: within those, bash would go on behind a fault inside the function.
    set +e
    (set -e; "$@")
    status=$?
    set -e
    ((status == 0)) || { outcome="FAILED"; failed=1; }
    if [[ -f ${folder:-}/environment ]]; then
        source "$folder/environment"
    fi
    summary+=("$(printf '%-8s %-26s %4d s' "$outcome" "$name" $((SECONDS - started)))")
}

# For the steps after this one.
export_later() {
    printf 'export %s=%q\n' "$1" "$2" >> "$folder/environment"
}

finish() {
    local status=$?
    trap - EXIT
    stop_servers
    if ((${#summary[@]})); then
        printf '\n=== summary\n'
        printf '%s\n' "${summary[@]}"
    fi
    if ((status == 0 && failed == 0)); then
        echo "everything passed"
        exit 0
    fi
    echo "not everything passed"
    exit 1
}
