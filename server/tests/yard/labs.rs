//! Labs over HTTP and by socket, without an agent: documents, edits, refusals, several browsers.

use crate::support::{Answer, Browser, HOST_LOOPBACK, Yard, request};
use futures_util::SinkExt;
use protocol::lab::{LabSummary, RunState};
use protocol::{ClientMessage, MAX_CLIENT_MESSAGE, ServerMessage};
use tokio_tungstenite::tungstenite::Message;
use topology::document::{Interface, Kind};
use topology::edit::{Field, Fragment, Place, Reason};
use topology::{Edit, InterfaceId, InterfaceName, NamespaceId};

fn bridge(id: u64, name: &str) -> Edit {
    let name = InterfaceName::try_from(name.to_owned()).unwrap();
    let made = Interface::new(NamespaceId::HOST, name, Kind::bridge());
    Edit::Insert(Fragment {
        interfaces: [(InterfaceId(id), made)].into(),
        ..Fragment::default()
    })
}

fn title(title: &str) -> Edit {
    Edit::SetTitle {
        title: title.to_owned(),
    }
}

async fn edit(browser: &mut Browser, token: u64, edit: Edit) -> ServerMessage {
    browser.say(&ClientMessage::Edit { token, edit }).await;
    browser.next_but_present().await
}

#[tokio::test]
async fn labs_are_made_listed_downloaded_and_deleted() {
    let yard = Yard::new().await;
    let id = yard.lab("One").await;
    let list: Vec<LabSummary> =
        serde_json::from_value(yard.ask("GET", "/api/v1/labs", "").await.json()).unwrap();
    let [lab] = list.as_slice() else {
        panic!("{list:?}")
    };
    assert_eq!(
        (&lab.id, lab.title.as_str(), lab.namespaces, lab.links),
        (&id, "One", 0, 0)
    );
    assert_eq!(lab.run, RunState::Stopped);
    let path = format!("/api/v1/labs/{id}");
    let file = yard.ask("GET", &format!("{path}/document.yaml"), "").await;
    assert_eq!(
        (file.status, file.header("content-type")),
        (200, Some("text/yaml; charset=utf-8"))
    );
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"One.yaml\"")
    );
    let mut browser = yard.browser(&id).await;
    assert_eq!(yard.ask("DELETE", &path, "").await.status, 204);
    assert_eq!(u16::from(browser.closed().await.code), 1000);
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/start")),
    ] {
        assert_eq!(
            yard.ask(method, &path, "").await.status,
            404,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn what_is_no_lab_is_refused_whole_and_with_a_reason() {
    let yard = Yard::new().await;
    let new = async |body: String| yard.ask("POST", "/api/v1/labs", &body).await;
    let text = |text: &str| serde_json::json!({ "text": { "text": text } }).to_string();
    for (body, status, part) in [
        ("{".to_owned(), 400, "cannot read the body"),
        (r#"{"empty":{"title":"a\nb"}}"#.to_owned(), 422, "title"),
        (
            serde_json::json!({ "empty": { "title": "x".repeat(5000) } }).to_string(),
            422,
            "title",
        ),
        (
            r#"{"example":{"name":"no-such"}}"#.to_owned(),
            404,
            "no-such",
        ),
        (
            text("ip link add name 12345678901234567 type bridge"),
            422,
            "12345678901234567",
        ),
    ] {
        let answer = new(body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.error().contains(part), "{}", answer.error());
    }
    let large = text(&"# a comment of a document that goes on and on\n".repeat(50_000_000 / 46));
    let answer = new(large).await;
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert!(answer.error().contains("too large"), "{}", answer.error());
    assert_eq!(yard.ask("GET", "/api/v1/labs", "").await.body, "[]");
}

#[tokio::test]
async fn unknown_keys_of_a_body_are_refused() {
    let yard = Yard::new().await;
    for body in [
        r#"{"empty": {"title": "A", "colour": "blue"}}"#,
        r#"{"example": {"name": "article", "title": "A"}}"#,
        r#"{"text": {"text": "netyard: 1", "format": "yaml"}}"#,
        r#"{"empty": {"title": "A"}, "colour": "blue"}"#,
    ] {
        let answer = yard.ask("POST", "/api/v1/labs", body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(answer.error().contains("cannot read the body"), "{body}");
    }
    assert_eq!(yard.ask("GET", "/api/v1/labs", "").await.body, "[]");
}

#[tokio::test]
async fn the_address_of_a_socket_says_that_it_is_one() {
    let yard = Yard::new().await;
    let id = yard.lab("A").await;
    let path = format!("/api/v1/labs/{id}/socket");
    let answer = yard.ask("GET", &path, "").await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    assert!(answer.error().contains("WebSocket"), "{}", answer.body);
}

#[tokio::test]
async fn a_server_that_ends_leaves_one_file_of_labs() {
    let yard = Yard::new().await;
    yard.lab("A").await;
    let file = |name: &str| yard.folder.path().join(name);
    assert!(file("labs.sqlite-wal").exists(), "while it runs");
    yard.server.shutdown().await;
    assert!(file("labs.sqlite").exists());
    for name in ["labs.sqlite-wal", "labs.sqlite-shm"] {
        assert!(!file(name).exists(), "{name}");
    }
}

#[tokio::test]
async fn two_browsers_see_each_others_edits_in_the_servers_order() {
    let yard = Yard::new().await;
    let id = yard.lab("A").await;
    let (mut red, mut blue) = (yard.browser(&id).await, yard.browser(&id).await);
    assert_ne!(red.welcome().client, blue.welcome().client);
    assert_eq!((red.welcome().clients, blue.welcome().clients), (1, 2));
    assert_eq!(red.next().await, ServerMessage::Present { clients: 2 });

    let author = red.welcome().client;
    let made = edit(&mut red, 7, bridge(5, "br0")).await;
    let expected = ServerMessage::Edited {
        revision: 1,
        author,
        token: 7,
        edit: bridge(5, "br0"),
    };
    assert_eq!(made, expected);
    assert_eq!(blue.next().await, expected);

    // The loser of a race is told, and nobody else.
    let refused = edit(&mut blue, 1, bridge(6, "br0")).await;
    let ServerMessage::EditRefused { token: 1, error } = refused else {
        panic!("{refused:?}")
    };
    assert!(matches!(error.reason, Reason::NameTaken { .. }), "{error}");
    let taken = edit(&mut blue, 2, title("B")).await;
    assert!(
        matches!(
            taken,
            ServerMessage::Edited {
                revision: 2,
                token: 2,
                ..
            }
        ),
        "{taken:?}"
    );
    assert!(matches!(
        red.next().await,
        ServerMessage::Edited { revision: 2, .. }
    ));

    blue.socket.close(None).await.unwrap();
    assert_eq!(red.next().await, ServerMessage::Present { clients: 1 });

    // After a restart it is as it was.
    let yard = yard.restart().await;
    let again = yard.browser(&id).await;
    assert_eq!(again.welcome().revision, 2);
    assert_eq!(again.welcome().document.title, "B");
    assert!(
        again
            .welcome()
            .document
            .interface_named(NamespaceId::HOST, "br0")
            .is_some()
    );
}

#[tokio::test]
async fn many_edits_at_once_come_out_in_one_order_everywhere() {
    const EACH: u64 = 100;
    let yard = Yard::new().await;
    let id = yard.lab("A").await;
    let mut watcher = yard.browser(&id).await;
    let mut authors = Vec::new();
    for n in 0..4u64 {
        let mut browser = yard.browser(&id).await;
        authors.push(tokio::spawn(async move {
            for token in 0..EACH {
                let edit = bridge(1 + n * EACH + token, &format!("br{n}-{token}"));
                browser.say(&ClientMessage::Edit { token, edit }).await;
            }
            follow(&mut browser, 4 * EACH).await
        }));
    }
    let seen = follow(&mut watcher, 4 * EACH).await;
    for author in authors {
        assert_eq!(author.await.unwrap(), seen);
    }
    let late = yard.browser(&id).await;
    assert_eq!(
        (late.welcome().revision, &late.welcome().document),
        (4 * EACH, &seen)
    );
}

/// The document that a browser has once it has seen that revision.
async fn follow(browser: &mut Browser, last: u64) -> topology::Document {
    let mut document = browser.welcome().document.clone();
    let mut known = browser.welcome().revision;
    while known < last {
        if let ServerMessage::Edited { revision, edit, .. } = browser.next_but_present().await {
            assert_eq!(revision, known + 1);
            known = revision;
            topology::edit::apply(&mut document, edit).unwrap();
        }
    }
    document
}

#[tokio::test]
async fn json_that_is_no_message_is_answered_and_noise_closes_the_socket() {
    let yard = Yard::new().await;
    let id = yard.lab("A").await;
    let mut browser = yard.browser(&id).await;
    let name = "x".repeat(16);
    let long = serde_json::json!({ "edit": { "token": 9, "edit": { "rename_interface": { "interface": 1, "name": name } } } });
    browser.say_text(long.to_string()).await;
    let answer = browser.next().await;
    let ServerMessage::EditRefused { token: 9, error } = answer else {
        panic!("{answer:?}")
    };
    let place = Place::Interface(InterfaceId(1), Some(Field::Name));
    assert_eq!(error.place, place);
    assert!(error.to_string().contains("at most 15"), "{error}");
    browser.say_text(r#"{"no_such_thing":{}}"#.to_owned()).await;
    assert!(matches!(
        browser.next().await,
        ServerMessage::RequestFailed { token: None, .. }
    ));
    // It goes on.
    assert!(matches!(
        edit(&mut browser, 1, title("B")).await,
        ServerMessage::Edited { .. }
    ));

    browser.say_text("{\"edit\":".to_owned()).await;
    let closed = browser.closed().await;
    assert_eq!(u16::from(closed.code), 1007, "{closed:?}");
    assert!(closed.reason.contains("not JSON"), "{closed:?}");
    let mut browser = yard.browser(&id).await;
    browser
        .socket
        .send(Message::Binary(vec![0; 10].into()))
        .await
        .unwrap();
    assert_eq!(u16::from(browser.closed().await.code), 1003);
    assert_eq!(yard.browser(&id).await.welcome().revision, 1);
}

#[tokio::test]
async fn a_message_that_is_too_large_closes_the_socket_and_changes_nothing() {
    let yard = Yard::new().await;
    let id = yard.lab("A").await;
    for size in [MAX_CLIENT_MESSAGE, 3 * MAX_CLIENT_MESSAGE] {
        let mut browser = yard.browser(&id).await;
        let message = ClientMessage::Edit {
            token: 1,
            edit: title(&"x".repeat(size)),
        };
        browser.say(&message).await;
        let closed = browser.closed().await;
        assert_eq!(u16::from(closed.code), 1009, "{closed:?}");
        assert!(closed.reason.contains("too large"), "{closed:?}");
    }
    assert_eq!(yard.browser(&id).await.welcome().revision, 0);
}

#[tokio::test]
async fn a_browser_that_does_not_read_is_cut_off_and_holds_up_nobody() {
    let yard = Yard::new().await;
    let id = yard.lab("A").await;
    // On the line there is room for some megabytes: large edits fill it, and the queue behind.
    let mut sleeper = yard.browser(&id).await;
    let mut busy = yard.browser(&id).await;
    let mut token = 0;
    // A batch of many titles is large and cheap.
    let large = Edit::Batch {
        edits: (0..10_000).map(|n| title(&format!("{n:0>100}"))).collect(),
    };
    let cut = loop {
        token += 1;
        assert!(token < 60, "nobody was cut off");
        busy.say(&ClientMessage::Edit {
            token,
            edit: large.clone(),
        })
        .await;
        let mut cut = false;
        loop {
            match busy.next().await {
                ServerMessage::Edited { token: seen, .. } if seen == token => break,
                ServerMessage::Present { clients: 1 } => cut = true,
                _ => {}
            }
        }
        if cut {
            break token;
        }
    };
    assert!(cut > 1);
    // The one who slept finds a part of it, and then its end; a new start has everything.
    let mut seen = 0;
    loop {
        use futures_util::StreamExt;
        match tokio::time::timeout(crate::support::PATIENCE, sleeper.socket.next())
            .await
            .unwrap()
        {
            Some(Ok(Message::Text(_))) => seen += 1,
            Some(Ok(Message::Close(Some(frame)))) => {
                assert_eq!(u16::from(frame.code), 1013, "{frame:?}");
                break;
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break,
        }
    }
    assert!(seen < cut, "{seen} of {cut}");
    assert_eq!(yard.browser(&id).await.welcome().revision, cut);
}

#[tokio::test]
async fn what_needs_a_running_lab_is_refused_while_none_runs() {
    let yard = Yard::new().await;
    let id = yard.lab("A").await;
    let mut browser = yard.browser(&id).await;
    for message in [
        ClientMessage::StartPing {
            token: 4,
            source: NamespaceId::HOST,
            target: "127.0.0.1".parse().unwrap(),
            options: Default::default(),
        },
        ClientMessage::StartCapture {
            token: 4,
            sources: vec![HOST_LOOPBACK],
            options: Default::default(),
        },
        ClientMessage::CheckFilter {
            token: 4,
            source: HOST_LOOPBACK,
            filter: "icmp".into(),
        },
    ] {
        browser.say(&message).await;
        let answer = browser.next().await;
        let ServerMessage::RequestFailed {
            token: Some(4),
            error,
        } = answer
        else {
            panic!("{answer:?}")
        };
        assert!(error.contains("does not run"), "{error}");
    }
    browser
        .say(&ClientMessage::StartPing {
            token: 5,
            source: NamespaceId(77),
            target: "::1".parse().unwrap(),
            options: Default::default(),
        })
        .await;
    let answer = browser.next().await;
    let ServerMessage::RequestFailed {
        token: Some(5),
        error,
    } = answer
    else {
        panic!("{answer:?}")
    };
    assert_eq!(
        error,
        "cannot ping ::1: its namespace is not in the lab any more"
    );
}

#[tokio::test]
async fn a_lab_that_cannot_be_started_says_so_and_is_kept() {
    let yard = Yard::new().await;
    let id = yard.lab("A").await;
    let mut browser = yard.browser(&id).await;
    browser.say(&ClientMessage::Start).await;
    assert_eq!(
        browser.next().await,
        ServerMessage::Run {
            run: RunState::Starting
        }
    );
    let run = browser.next().await;
    let ServerMessage::Run {
        run: RunState::Failed { message },
    } = run
    else {
        panic!("{run:?}")
    };
    assert!(
        message.contains("could not start the lab's agent"),
        "{message}"
    );
    let answer = yard
        .ask("POST", &format!("/api/v1/labs/{id}/start"), "")
        .await;
    assert_eq!(answer.status, 409);
    let message = answer.error();
    assert!(
        message.contains("could not start the lab's agent"),
        "{message}"
    );
    let list = yard.ask("GET", "/api/v1/labs", "").await.json();
    assert_eq!(
        list[0]["run"]["failed"]["message"],
        serde_json::Value::from(message)
    );
    let mut again = yard.browser(&id).await;
    assert!(matches!(
        edit(&mut again, 1, title("B")).await,
        ServerMessage::Edited { .. }
    ));
    assert_eq!(
        yard.ask("POST", &format!("/api/v1/labs/{id}/stop"), "")
            .await
            .json()["run"],
        "stopped"
    );
}

#[tokio::test]
async fn no_more_browsers_than_a_lab_takes() {
    let yard = Yard::new().await;
    let id = yard.lab("A").await;
    let mut browsers = Vec::new();
    for _ in 0..server::labs::limits::MAX_CLIENTS {
        browsers.push(yard.browser(&id).await);
    }
    let url = format!("ws://{}/api/v1/labs/{id}/socket", yard.server.addr);
    let mut request =
        tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(url)
            .unwrap();
    let secret = format!("Bearer {}", yard.server.secret);
    request
        .headers_mut()
        .insert("Authorization", secret.parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let first = futures_util::StreamExt::next(&mut socket)
        .await
        .unwrap()
        .unwrap();
    let Message::Close(Some(frame)) = first else {
        panic!("{first:?}")
    };
    assert!(
        u16::from(frame.code) == 1013 && frame.reason.contains("64 browsers"),
        "{frame:?}"
    );
}

#[tokio::test]
async fn the_gallery_is_compressed_for_those_who_take_it() {
    let yard = Yard::new().await;
    let secret = format!("Bearer {}", yard.server.secret);
    let get = async |encoding: &str| {
        let headers = [
            ("Authorization", secret.as_str()),
            ("Accept-Encoding", encoding),
        ];
        let addr = yard.server.addr;
        request(addr, "GET", "/api/v1/examples", &yard.host(), &headers, b"").await
    };
    let length = |answer: &Answer| answer.header("content-length").unwrap().parse::<usize>();
    let plain = get("identity").await;
    assert_eq!(
        (plain.status, plain.header("content-encoding")),
        (200, None)
    );
    assert!(plain.json().is_array());
    let small = get("br, gzip").await;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert_eq!(small.header("content-type"), Some("application/json"));
    assert!(length(&small).unwrap() * 2 < length(&plain).unwrap());
    yard.server.shutdown().await;
}
