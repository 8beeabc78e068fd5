#!/bin/bash
# Options, words from a pipe, and values that decide nothing.
started=$(date +%s)
prefix=n
count=1
while getopts "p:c:v" option; do
    case $option in
    p) prefix=$OPTARG ;;
    c) count=$OPTARG ;;
    esac
done

make() {
    local OPTIND option mtu=1500 name
    while getopts ":m:n:u" option; do
        case "$option" in
        m) mtu=$OPTARG ;;
        n) name=$OPTARG ;;
        u) up=up ;;
        :) echo "no value" ;;
        esac
    done
    shift $((OPTIND - 1))
    ip link add "$name" mtu "$mtu" ${up} type veth peer name "$1"
}
make -un va -m 1400 vb
make -n vc vd
for ((i = 1; i <= count; i++)); do
    ip netns add "$prefix$i"
done
printf '%s\n' red blue | xargs -I NAME ip netns add NAME
echo green yellow | xargs -n1 ip netns add
echo "took $(($(date +%s) - started)) s"
elapsed=$(($(date +%s) - started))
if [ "$elapsed" -gt 3600 ]; then
    echo "that was long"
fi
: "$RANDOM" $((SECONDS + 1))
ip addr add fd00::1/64 dev va nodad
word=eth12
if [[ $word =~ ^([a-z]+)([0-9]{1,2})$ ]]; then
    ip netns add "m-${BASH_REMATCH[1]}-${BASH_REMATCH[2]}"
fi
ip -all netns exec ip link set lo up
[[ $word =~ ^[0-9]+$ ]] && ip -all netns delete
command -v ip >/dev/null || ip netns add never
if [ -n "$(command -v ip)" ]; then ip netns add there; fi
if [ ! -x "$(command -v ip)" ]; then
    echo "no ip"
    exit 4
fi
