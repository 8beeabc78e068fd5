//! Commands in a lab, over the socket of `netyard exec`.

use futures_util::{SinkExt, StreamExt};
use server::data_dir::LocalSocket;
use server::exec_protocol::{self, ExecEnd, ExecStart, STDERR, STDOUT, Word};
use tokio::net::UnixStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::running;
use crate::support::Yard;

type Local = WebSocketStream<UnixStream>;

async fn local(yard: &Yard, lab: &str) -> Local {
    let socket = LocalSocket::of(yard.server.data()).unwrap();
    let stream = UnixStream::connect(socket.address()).await.unwrap();
    let url = format!("ws://localhost{}", exec_protocol::path(lab));
    client_async(url, stream).await.unwrap().0
}

/// Runs a command as `netyard exec` does; returns its output, its errors, and its end.
pub(super) async fn exec(
    yard: &Yard,
    lab: &str,
    argv: &[&str],
    terminal: Option<server::agent::protocol::Terminal>,
    input: &[Vec<u8>],
) -> (Vec<u8>, Vec<u8>, ExecEnd) {
    let (mut sink, mut stream) = local(yard, lab).await.split();
    let start = ExecStart {
        namespace: "host".into(),
        argv: argv
            .iter()
            .map(|&word| Word::Text(word.to_owned()))
            .collect(),
        environment: Vec::new(),
        directory: Word::Text("/somewhere".to_owned()),
        terminal,
    };
    sink.send(Message::Text(serde_json::to_string(&start).unwrap().into()))
        .await
        .unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let feed = async {
        for bytes in input {
            sink.send(Message::Binary(bytes.clone().into()))
                .await
                .unwrap();
        }
        std::future::pending::<()>().await;
    };
    let take = async {
        loop {
            match stream.next().await.expect("an end").unwrap() {
                Message::Binary(bytes) => match bytes[0] {
                    STDOUT => out.extend_from_slice(&bytes[1..]),
                    STDERR => err.extend_from_slice(&bytes[1..]),
                    other => panic!("stream {other}"),
                },
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                _ => {}
            }
        }
    };
    let end = tokio::select! {
        end = tokio::time::timeout(crate::support::PATIENCE, take) => end.unwrap(),
        () = feed => unreachable!(),
    };
    (out, err, end)
}

#[tokio::test]
async fn commands_run_by_id_and_by_title() {
    let (yard, id, _browser) = running("My lab").await;
    for lab in [id.0.as_str(), "My lab"] {
        let (out, err, end) = exec(&yard, lab, &["echo", "a", "b"], None, &[]).await;
        assert_eq!(String::from_utf8(out).unwrap(), "a b (Piped)");
        assert_eq!(
            (err.as_slice(), end),
            (&b"/somewhere"[..], ExecEnd::Exited(7))
        );
    }
    let terminal = server::agent::protocol::Terminal {
        rows: 40,
        columns: 132,
    };
    let (out, ..) = exec(&yard, "My lab", &["echo"], Some(terminal), &[]).await;
    assert_eq!(String::from_utf8(out).unwrap(), " (132 columns)");
    let failed = exec(&yard, "My lab", &["nothing"], None, &[]).await.2;
    assert_eq!(
        failed,
        ExecEnd::Error("could not run nothing: No such file or directory (ENOENT)".into())
    );
    let missing = exec(&yard, "Your lab", &["echo"], None, &[]).await.2;
    let no_lab = ExecEnd::WrongUse("there is no lab Your lab".into());
    assert_eq!(missing, no_lab);
    yard.lab("My lab").await;
    let ExecEnd::WrongUse(error) = exec(&yard, "My lab", &["echo"], None, &[]).await.2 else {
        panic!()
    };
    assert!(error.contains("2 labs") && error.contains(&id.0), "{error}");
}

#[tokio::test]
async fn input_of_any_size_goes_through_as_it_is_taken() {
    let (yard, id, _browser) = running("A").await;
    // More than the window, and more in one message than the agent is sent at once.
    let whole: Vec<u8> = (0..5_000_007u32).map(|n| (n % 251) as u8).collect();
    let mut input: Vec<_> = whole.chunks(3_000_000).map(<[u8]>::to_vec).collect();
    input.push(Vec::new());
    let (out, _, end) = exec(&yard, &id.0, &["cat"], None, &input).await;
    assert!(out == whole, "{} of {}", out.len(), whole.len());
    assert_eq!(end, ExecEnd::Exited(7));
}

#[tokio::test]
async fn input_goes_through_while_nobody_reads_the_output() {
    let (yard, id, _browser) = running("A").await;
    let mut socket = local(&yard, &id.0).await;
    let start = serde_json::json!({
        "namespace": "host", "argv": ["cat"], "environment": [], "directory": "/", "terminal": null
    });
    socket
        .send(Message::Text(start.to_string().into()))
        .await
        .unwrap();
    let all = async {
        for _ in 0..200 {
            socket
                .send(Message::Binary(vec![1; 100_000].into()))
                .await
                .unwrap();
        }
        socket
            .send(Message::Binary(Vec::new().into()))
            .await
            .unwrap();
    };
    tokio::time::timeout(crate::support::PATIENCE, all)
        .await
        .unwrap();
    let mut total = 0;
    let end = loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Binary(bytes) => total += bytes.len() - 1,
            Message::Text(text) => break serde_json::from_str::<ExecEnd>(&text).unwrap(),
            _ => {}
        }
    };
    assert_eq!((total, end), (20_000_000, ExecEnd::Exited(0)));
}

#[tokio::test]
async fn commands_need_a_running_lab_and_the_namespace() {
    let yard = Yard::scripted().await;
    let id = yard.lab("A").await;
    let ExecEnd::Error(error) = exec(&yard, &id.0, &["echo"], None, &[]).await.2 else {
        panic!()
    };
    assert!(error.contains("does not run"), "{error}");
}

#[tokio::test]
async fn a_namespace_that_is_not_there_and_no_command_are_wrong_use() {
    let (yard, id, _browser) = running("A").await;
    let end = async |namespace: &str, argv: &[&str]| {
        let mut socket = local(&yard, &id.0).await;
        let start = serde_json::json!({
            "namespace": namespace, "argv": argv, "environment": [], "directory": "/", "terminal": null
        });
        socket
            .send(Message::Text(start.to_string().into()))
            .await
            .unwrap();
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => serde_json::from_str::<ExecEnd>(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    };
    let ExecEnd::WrongUse(error) = end("purple", &["echo"]).await else {
        panic!()
    };
    assert!(
        error.contains("no such namespace") && error.contains("host"),
        "{error}"
    );
    assert!(matches!(end("host", &[]).await, ExecEnd::WrongUse(_)));
}
