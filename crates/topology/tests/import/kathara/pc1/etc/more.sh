ip route add 10.9.0.0/16 via 10.0.0.9
