#!/bin/bash
set -euo pipefail
# Namespaces on a bridge, with everything that loops have.
PREFIX=${1:-10.0.0}
BR="br0"
declare -A role=([red]=client [blue]=server)
names=(red blue green)

cleanup() {
    for ns in "${names[@]}"; do
        ip netns del "$ns" 2>/dev/null || true
    done
    ip link del $BR 2>/dev/null
}
trap cleanup EXIT
trap - EXIT
cleanup || :

add() {
    local ns=$1 number=$2
    ip netns add "$ns"
    ip link add "veth-$ns" type veth peer name eth0 netns "$ns"
    ip link set "veth-${ns}" master "$BR" up
    ip -n "$ns" addr add "$PREFIX.$number/24" dev eth0
    ip -n "$ns" link set eth0 up
    ip -n "$ns" link set lo up
    [ "${role[$ns]:-none}" = server ] && ip -n $ns addr add 10.9.0.$((number * 2))/32 dev lo
    return 0
}

ip link add $BR type bridge
ip link set $BR up
i=1
for ns in "${names[@]}"; do
    add "$ns" $((i++))
done
for ((k = 1; k <= 2; k++)); do
    ip addr add 10.1.$k.1/24 dev $BR
done
n=0
while [ $n -lt 3 ]; do
    n=$(expr $n + 1)
    if [[ $n == 2 ]]; then continue; fi
    ip netns add "extra$n"
done
until (( n == 0 )); do (( n -= 1 )) || true; done
case "$BR" in
    eth*) ip netns add wrong ;;
    br?|bridge*) ip netns add right ;;
esac
for ns in $(seq 5 6) x{a,b}; do ip netns add "s$ns"; done
if ip link show nothing >/dev/null 2>&1; then ip netns add bad; else ip netns add good; fi
if ip netns list | grep -qw red; then ip -n red route add default via $PREFIX.254; fi
if ! ip link show br0 &>/dev/null; then ip netns add bad2; fi
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 2 | tee /proc/sys/net/ipv4/conf/$BR/rp_filter > /dev/null
ip netns exec green bash -c "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; ip link add d0 type veth peer name d1"
printf '%s\n' 'link set d0 up' 'link set d1 up' '# no' 'addr add 10.7.0.1/24 dev d0' | ip -n green -batch -
