//! What namespaces serve, asked by probes and by the tools.

use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::probe::probe;
use kernel::sandbox::Inside;
use kernel::serve::Server;
use protocol::probe::{PortProbe, Probe, Probed, TcpProbed, UdpProbed};
use topology::serve::Service;
use topology::{Document, NamespaceId};

use crate::lab::{Lab, descriptors, ip, labs};
use crate::support::PATIENCE;

fn serve(document: &mut Document, namespace: NamespaceId, services: &[&str]) {
    let namespace = document.namespaces.get_mut(&namespace).unwrap();
    namespace.serve = services
        .iter()
        .map(|text| text.parse().unwrap())
        .map(|Service { port, answer }| (port, answer))
        .collect();
}

fn asked(
    lab: &Lab,
    from: NamespaceId,
    target: &str,
    what: fn(PortProbe) -> Probe,
    port: u16,
) -> Probed {
    let asked = PortProbe {
        target: target.parse().unwrap(),
        port,
        timeout_ms: 500,
    };
    probe(&*lab.engine, from, &what(asked)).unwrap()
}

fn is_open(lab: &Lab, from: NamespaceId, target: &str, port: u16) -> bool {
    match asked(lab, from, target, Probe::Tcp, port) {
        Probed::Tcp(TcpProbed::Open { .. }) => true,
        Probed::Tcp(TcpProbed::Refused { .. }) => false,
        other => panic!("{target} tcp/{port}: {other:?}"),
    }
}

pub(crate) fn answers(_: &Inside) {
    let mut article = labs::article();
    let blue = article.blue;
    let document = &mut article.builder.document;
    serve(document, blue, &["tcp/80 http", "tcp/7", "udp/53", "udp/7"]);
    let lab = Lab::start(document);
    let server = Server::start(Arc::clone(&lab.engine)).unwrap();
    lab.runtime.block_on(server.set(document));
    let states = server.states().borrow().clone();
    assert_eq!(states.len(), 4);
    assert!(
        states.iter().all(|state| state.error.is_none()),
        "{states:?}"
    );

    for target in ["10.0.0.2", "fd00::2"] {
        assert!(is_open(&lab, article.red, target, 80));
        assert!(is_open(&lab, article.red, target, 7));
        assert!(!is_open(&lab, article.red, target, 81));
        let Probed::Udp(UdpProbed::Answered { bytes, .. }) =
            asked(&lab, article.red, target, Probe::Udp, 53)
        else {
            panic!("{target} does not answer");
        };
        assert_eq!(bytes, 17);
    }
    // From the address that was asked, though the way back leaves by another one.
    let other = asked(&lab, article.red, "10.0.1.2", Probe::Udp, 7);
    assert!(
        matches!(other, Probed::Udp(UdpProbed::Answered { bytes: 8, .. })),
        "{other:?}"
    );

    // A program that people use gets the page, and only the head of it if it likes.
    let red = lab.namespace(article.red);
    let page = ip::must(&red, "curl -s http://10.0.0.2/any");
    assert!(
        page.starts_with("blue at 10.0.0.2:80, served by Netyard\nyou are 10.0.0.1:"),
        "{page}"
    );
    let head = ip::must(&red, "curl -sI http://[fd00::2]/");
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("blue"),
        "{head}"
    );

    // What is sent comes back, whole; and two that echo do not keep each other busy.
    let echoed = red.run(|| {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect("10.0.0.2:7").unwrap();
        let sent: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let mut back = stream.try_clone().unwrap();
        let (to_send, expected) = (sent.clone(), sent.len());
        let sender = std::thread::spawn(move || {
            stream.write_all(&to_send).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        });
        let mut got = Vec::with_capacity(expected);
        back.read_to_end(&mut got).unwrap();
        sender.join().unwrap();
        let loops = UdpSocket::bind("10.0.0.1:53").unwrap();
        loops
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        loops.send_to(b"again", "10.0.0.2:7").unwrap();
        (got == sent, loops.recv(&mut [0; 16]).is_err())
    });
    assert_eq!(echoed.unwrap(), (true, true));
}

pub(crate) fn follows(_: &Inside) {
    let mut article = labs::article();
    let (red, blue) = (article.red, article.blue);
    let document = &mut article.builder.document;
    let lab = Lab::start(document);
    let server = Server::start(Arc::clone(&lab.engine)).unwrap();
    let set = |document: &Document| lab.runtime.block_on(server.set(document));
    let before = descriptors();

    // A process of the user's has it: said, and had when that one ends.
    let taken = lab.namespace(blue).run(|| TcpListener::bind("[::]:80"));
    let taken = taken.unwrap().unwrap();
    serve(document, blue, &["tcp/80 http", "tcp/81"]);
    set(document);
    let errors = || {
        let states = server.states().borrow().clone();
        states
            .into_iter()
            .map(|state| state.error)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        errors(),
        [
            Some(
                "could not serve tcp/80 in blue: Address already in use (EADDRINUSE); a process \
                 in it has that port"
                    .to_owned()
            ),
            None
        ]
    );
    assert!(is_open(&lab, red, "10.0.0.2", 81));
    drop(taken);
    let begin = Instant::now();
    while errors() != [None, None] {
        assert!(begin.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    }
    let page = ip::must(&lab.namespace(red), "curl -s http://10.0.0.2/");
    assert!(page.contains("blue"), "{page}");

    // What the document does not say any more is closed, connections too.
    let held = lab
        .namespace(red)
        .run(|| std::net::TcpStream::connect("10.0.0.2:81"))
        .unwrap()
        .unwrap();
    serve(document, blue, &["tcp/80"]);
    set(document);
    assert!(!is_open(&lab, red, "10.0.0.2", 81));
    assert!(is_open(&lab, red, "10.0.0.2", 80));
    held.set_read_timeout(Some(PATIENCE)).unwrap();
    let ended = std::io::Read::read(&mut &held, &mut [0]);
    assert!(!matches!(ended, Ok(1..)), "{ended:?}");
    drop(held);

    // A namespace that is to go is not kept by its sockets, and nothing is left of them.
    let mut without = document.clone();
    without.namespaces.get_mut(&blue).unwrap().serve.clear();
    lab.runtime.block_on(server.keep(&without));
    assert!(!is_open(&lab, red, "10.0.0.2", 80));
    assert_eq!(descriptors(), before);
}

/// More listeners than connections are taken at a time, each of both families: all answer.
pub(crate) fn many(_: &Inside) {
    let mut article = labs::article();
    let document = &mut article.builder.document;
    let services: Vec<String> = (1000..1150)
        .map(|port| format!("tcp/{port} http"))
        .collect();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    serve(document, article.blue, &services);
    let lab = Lab::start(document);
    let server = Server::start(Arc::clone(&lab.engine)).unwrap();
    lab.runtime.block_on(server.set(document));
    for port in [1000, 1149] {
        for host in ["10.0.0.2", "[fd00::2]"] {
            let ask = format!("curl -gs -m 5 http://{host}:{port}/");
            let page = ip::must(&lab.namespace(article.red), &ask);
            assert!(page.contains("served by Netyard"), "{ask}: {page}");
        }
    }
}
