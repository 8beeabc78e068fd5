#!/bin/bash
# Words as the shell and iproute2 take them

# `!(…)` is no pattern where nobody asked for such patterns.
if !(false); then ip netns add red; fi
while !(true); do ip netns add never; done
ip netns add blue

# What is quoted for a shell is read by one.
in_red() {
    ip netns exec red bash <<END
$(for word in "$@"; do printf "%q${IFS:0:1}" "$word"; done)
END
}
in_red ip link add va type veth peer name vb
in_red sysctl -qw net.ipv4.ip_forward=1

# The kernel gives names: the other end has the first.
ip -n blue link add type veth
ip -n blue link set veth0 up
ip -n blue link set veth1 up
ip -n blue addr add 10.1.0.1/24 dev veth0
ip -n blue addr add fd00:1::1/64 dev veth1
ip -n blue link add type bridge
ip -n blue link set bridge0 up

# The first letters of some words.
ip -n blue link set veth1 addr 02:00:00:00:00:11 mast bridge0
ip -n blue link add w0 master bridge0 up type veth peer name w1
ip -n blue rule add from 10.1.0.0/24 ta 9 prio 99
ip -n blue route add 10.2.0.0/16 via 10.1.0.9 m 7 tab 9
ip -n red link add vx0 type vxlan id 7 dstport 4789
bridge -n red fdb app dev vx0 00:00:00:00:00:00 dst 10.1.0.7 self

# Of IPv6 the kernel passes over what is beyond the prefix.
ip -n blue -6 route add fd00:9:9::/32 dev veth0

# A quote or an escape in a regular expression is for itself.
[[ 10.0.0.1 =~ ^[0-9]+\.0"."0\.([0-9]+)$ ]] && ip netns add "n${BASH_REMATCH[1]}"
[[ 10x0 =~ ^10\.0$ ]] || ip netns add dot

# Classes of characters, what programs make of what is known, and a shell that becomes a program.
x=17
[[ -z ${x//[[:digit:]]/} ]] && ip netns add "c${x//[![:digit:]]/}"
case a7 in [[:alpha:]][[:digit:]]) ip netns add class ;; esac
ip netns list | awk '/^n[0-9]/ {print $1}' | while read -r name; do
    ip netns add "again-$name"
done
for name in $(ip netns list | grep -E '^(dot|class)' | sort); do :; done
ip netns add "all-$(ip netns list | grep -c x >/dev/null; ip netns list | grep '^[cd]' | wc -l)"
printf 'a\nb\nc\n' > /run/one
printf 'd\n' > /run/two
ip netns add "last$(cat /run/one /run/two | tail -n +3 | tr -d '\n')"
$(sleep 0) && ip netns add silent
# `do` may follow at once, options may be none.
for ((i = 0; i < 2; ++i)) do ip netns add "at-once-$i"; done
options=$(getopt -o hn: --long help,name: -- "$@")
eval set -- "$options"
ip netns add "left$#"
# Zeros in a list stay.
for i in {08..10}; do ip netns add "zero$i"; done
ip netns add "who-$(ip netns identify $$)me"
(exec ip netns add inner; ip netns add never)
exec ip netns add outer
ip netns add never-either
