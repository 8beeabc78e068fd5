//! How long it takes to read a lab: `cargo bench -p topology --bench reading`. The budgets are
//! 100 ms for a script of 10,000 commands and 300 ms for a document of 5,000 nodes.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::time::Instant;

/// Prints the shortest of some runs.
fn measure(name: &str, mut run: impl FnMut()) {
    let times = (0..7).map(|_| {
        let begin = Instant::now();
        run();
        begin.elapsed().as_secs_f64() * 1e3
    });
    let shortest = times.fold(f64::INFINITY, f64::min);
    println!("{name}: {shortest:.1} ms");
}

fn main() {
    let mut commands = String::from("ip link add br0 type bridge\nip link set dev br0 up\n");
    for n in 0..1_666 {
        if n % 1_000 == 0 {
            commands += &format!("ip link add b{} type bridge\n", n / 1_000);
        }
        let (bridge, high, low) = (n / 1_000, n / 250, n % 250 + 1);
        commands += &format!(
            "ip netns add n{n}\nip link add \"v{n}\" type veth peer name eth0 netns n{n}\n\
             ip link set v{n} master b{bridge} up\nip -n n{n} addr add 10.0.{high}.{low}/16 dev eth0\n\
             ip -n n{n} link set eth0 up\nip -n n{n} route add default via 10.0.255.254\n"
        );
    }
    let count = commands.lines().count();
    measure(&format!("script of {count} commands"), || {
        topology::script::read(&commands).unwrap();
    });
    let looped = "for i in $(seq 1 1600); do\n  ip netns add n$i\n  for j in ea eb; do\n    \
        ip -n \"n$i\" link add $j type bridge\n    ip -n n$i link set $j up\n  done\ndone\n";
    measure("script of 8,000 commands in loops", || {
        topology::script::read(looped).unwrap();
    });
    // 3,000 namespaces with 2,000 bridges among them.
    let mut text = String::from("netyard: 1\nnamespaces:\n");
    for n in 0..3_000 {
        text += &format!("  n{n}:\n");
        if n < 2_000 {
            text += "    bridges: {br0: {}}\n";
        }
        let address = format!("10.{}.{}.1/24", n / 250, n % 250);
        text += &format!("    interfaces:\n      d0: {{type: dummy, addresses: [{address}]}}\n");
    }
    match topology::yaml::read(&text) {
        Ok(_) => measure("document of 5,000 nodes", || {
            topology::yaml::read(&text).unwrap();
        }),
        Err(error) => println!("{error}"),
    }
}
