//! What namespaces serve: as text, as edits, and that no plan has to do with it.
#![allow(clippy::unwrap_used, missing_docs)]

use topology::edit::{Edit, Field, Fragment, Place, apply};
use topology::serve::{Answer, MAX_SERVED, MAX_SERVED_IN_ALL, Service, summary};
use topology::{Document, NamespaceId, model, plan, yaml};

const LAB: &str = "netyard: 1\nnamespaces:\n  web:\n    serve: [tcp/80 http, udp/53, tcp/7 echo]\n";

fn service(text: &str) -> Service {
    text.parse().unwrap()
}

fn set(document: &mut Document, text: &str) -> Result<Edit, topology::edit::EditError> {
    let Service { port, answer } = service(text);
    let namespace = document.namespace_named("web").unwrap();
    let edit = Edit::SetService {
        namespace,
        port,
        answer: Some(answer),
    };
    apply(document, edit)
}

#[test]
fn it_is_read_as_it_is_written() {
    let document = yaml::read(LAB).unwrap();
    let text = yaml::write(&document);
    assert!(
        text.contains("serve: [tcp/7, tcp/80 http, udp/53]"),
        "{text}"
    );
    assert_eq!(yaml::read(&text).unwrap(), document);
    let web = &document.namespaces[&document.namespace_named("web").unwrap()];
    assert_eq!(summary(&web.serve), "tcp/7 tcp/80 +1");
    // As the browser and the store have it.
    let json = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document);
}

#[test]
fn what_cannot_be_served_is_refused_at_its_place() {
    for (said, why) in [
        (
            "tcp/80, tcp/80 http",
            "line 4, column 21: tcp/80 is there twice",
        ),
        ("udp/53 http", "udp/53 cannot answer with HTTP"),
        ("tcp/0", "`0` is no port"),
        ("tcp/+80", "`+80` is no port"),
        ("tcp/65536", "`65536` is no port"),
        ("sctp/80", "`sctp/80` is no port"),
        ("tcp/80 ftp", "`ftp`: a port answers with"),
        ("tcp/80 http fast", "write it as tcp/80"),
    ] {
        let text = LAB.replace("tcp/80 http, udp/53, tcp/7 echo", said);
        let error = yaml::read(&text).unwrap_err().to_string();
        assert!(error.contains(why), "{said}: {error}");
    }
}

#[test]
fn edits_have_inverses_and_limits() {
    let mut document = yaml::read(LAB).unwrap();
    let before = document.clone();
    let undo = set(&mut document, "tcp/80").unwrap();
    assert_ne!(document, before);
    apply(&mut document, undo).unwrap();
    assert_eq!(document, before);

    let namespace = document.namespace_named("web").unwrap();
    let udp = service("udp/53");
    let wrong = Edit::SetService {
        namespace,
        port: udp.port,
        answer: Some(Answer::Http),
    };
    let error = apply(&mut document, wrong).unwrap_err();
    assert_eq!(error.place, Place::Namespace(namespace, Some(Field::Serve)));
    assert_eq!(document, before);

    for number in 1000..1000 + MAX_SERVED - 3 {
        set(&mut document, &format!("tcp/{number}")).unwrap();
    }
    let full = document.clone();
    assert!(set(&mut document, "tcp/999").is_err());
    assert_eq!(document, full);
    // One that is there can still answer otherwise.
    set(&mut document, "tcp/1000 http").unwrap();
    assert_eq!(document.validate(), Ok(()));
    // Nor is more pasted than a lab serves.
    let mut fragment = Fragment::default();
    let web = &full.namespaces[&namespace];
    for number in 0..(MAX_SERVED_IN_ALL / MAX_SERVED) as u64 {
        let mut copy = web.clone();
        copy.name = format!("copy{number}").parse().unwrap();
        let id = NamespaceId(1000 + number);
        fragment.namespaces.insert(id, copy);
        let loopback = topology::document::Interface::loopback(id);
        fragment
            .interfaces
            .insert(topology::InterfaceId(1000 + number), loopback);
    }
    let before = document.clone();
    let error = apply(&mut document, Edit::Insert(fragment)).unwrap_err();
    assert!(error.to_string().contains("512"), "{error}");
    assert_eq!(document, before);
}

#[test]
fn the_kernel_has_nothing_to_do_with_it() {
    let document = yaml::read(LAB).unwrap();
    let mut observed = model::fresh();
    for step in plan::plan(&document, &observed) {
        model::execute(&mut observed, &step).unwrap();
    }
    let mut served = document.clone();
    set(&mut served, "tcp/8080").unwrap();
    // Somebody has changed it meanwhile: that is no business of this edit.
    let web = observed
        .namespaces
        .get_mut(&document.namespace_named("web").unwrap());
    web.unwrap().forwarding.ipv4 = true;
    assert!(plan::plan_edit(&document, &served, &observed).is_empty());
}
