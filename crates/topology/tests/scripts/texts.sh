#!/bin/sh
# What a shell makes of texts.
A="one two"; B='$A'; C=v1.2.3/24
ip netns add "${A% *}"
ip netns add "${A#* }"
ip netns del "${C%%.*}" 2>/dev/null || ip netns add "n${C%%.*}"
ip netns add "l${#C}"
ip netns add u$UNSET
ip netns add "d${UNSET:-ef}"
: ${SET:=given}
ip netns add "$SET"
ip netns add "$(echo ABC | tr A-Z a-z)"
ip netns add `echo back\`echo tick\``
IP=192.168.7.20/28
ip addr add $IP dev lo
ip addr add $(echo $IP | cut -d/ -f1 | cut -d. -f1-3).99/32 dev lo
for word in $A "$A" $B; do :; done
set -- p q "r s"
for x; do ip netns add "arg-${x% *}"; done
shift
ip netns add "n$#"
f() { ip netns add "f-$1-$#"; return 3; }
f "$@" || ip netns add "status$?"
cat > /run/rules <<EOF
link add name $1 type bridge
link set dev $1 up
EOF
ip -batch /run/rules
while read -r name address; do
    ip link add "$name" type bridge
    ip addr add "$address" dev "$name"
done <<'END'
b1 10.3.0.1/24
b2 fd00::1/64
END
( ip netns add inner; A=lost )
ip netns add "kept-${A%% *}"
{ ip netns add grouped; } 2>/dev/null
true && ip netns add and; false && ip netns add never; false || ip netns add or
! ip netns exec nowhere true || ip netns add not
X=5 sh -c 'ip netns add x$(( 2 + 3 ))'
eval "ip netns add \"ev$((2 * 4 % 5))\""
