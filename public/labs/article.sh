#!/bin/sh
# The commands of "The Engine Under the Hood: Why Namespaces Matter", in their order.

# 1. Creating isolated namespaces
sudo ip netns add red
sudo ip netns add blue
ip netns list

# 2. The virtual Ethernet (veth) pair
sudo ip link add veth-red type veth peer name veth-blue
sudo ip link set veth-red netns red
sudo ip link set veth-blue netns blue

# 3. Assigning IPs and activating interfaces
# Set up the 'red' side
sudo ip netns exec red ip addr add 10.0.0.1/24 dev veth-red
sudo ip netns exec red ip link set veth-red up
sudo ip netns exec red ip link set lo up
# Set up the 'blue' side
sudo ip netns exec blue ip addr add 10.0.0.2/24 dev veth-blue
sudo ip netns exec blue ip link set veth-blue up
sudo ip netns exec blue ip link set lo up

# 4. Scaling with a virtual bridge
# Create the hub on the host
sudo ip link add br0 type bridge
sudo ip link set br0 up
# Add a third namespace named 'green'
sudo ip netns add green
sudo ip link add veth-green type veth peer name veth-br-green
# Attach the green namespace to the bridge
sudo ip link set veth-green netns green
sudo ip link set veth-br-green master br0
# Finalize connectivity
sudo ip netns exec green ip addr add 10.0.0.3/24 dev veth-green
sudo ip netns exec green ip link set veth-green up
sudo ip link set veth-br-green up

# Verification
sudo ip netns exec red ping -c 3 10.0.0.2
sudo ip netns exec red ip route
sudo ip netns exec red tcpdump -i veth-red -nnvv
