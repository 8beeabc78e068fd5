//! Documents that the kernel refuses: it is left as it was.

use kernel::apply::ApplyError;
use kernel::sandbox::Inside;
use topology::document::{Document, Route};
use topology::step::Step;

use crate::labs::{Builder, article};
use crate::{Lab, ip, rebuilt, settled};

/// Applies a document that must be refused.
fn refused(lab: &Lab, document: &Document) -> ApplyError {
    let error = lab
        .runtime
        .block_on(lab.engine.apply(document))
        .unwrap_err();
    assert!(error.not_undone.is_empty(), "{error}");
    error
}

pub(crate) fn mtu(_: &Inside) {
    let lab = Lab::start();
    let mut article = article();
    lab.apply(&article.builder.document);
    let before = settled(&lab.engine.observed());

    // Much else changes before it, and is taken back.
    article.builder.address(article.veth_red, "10.0.7.1/24");
    let violet = article.builder.namespace("violet");
    let [end, _] = article
        .builder
        .link([(violet, "eth0"), (article.blue, "to-violet")]);
    article.builder.address(end, "10.0.8.1/24");
    article.builder.interface(article.green_br).mtu = Some(70_000);
    let error = refused(&lab, &article.builder.document);
    assert!(
        matches!(
            error.step.as_deref(),
            Some(Step::SetMtu { mtu: 70_000, .. })
        ),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "could not set the MTU of green/veth-green-br to 70000: \
         mtu greater than device maximum (EINVAL)"
    );
    assert_eq!(settled(&lab.engine.observed()), before);
    assert!(lab.engine.namespace(violet).is_none());

    article.builder.interface(article.green_br).mtu = Some(60_000);
    lab.apply(&article.builder.document);
}

pub(crate) fn route(_: &Inside) {
    let lab = Lab::start();
    let mut article = article();
    lab.apply(&article.builder.document);
    let before = settled(&lab.engine.observed());
    article.builder.address(article.veth_red, "10.0.7.1/24");
    let routes = &mut article
        .builder
        .document
        .namespaces
        .get_mut(&article.red)
        .unwrap()
        .routes;
    routes.push(Route {
        destination: "10.9.0.0/16".parse().unwrap(),
        gateway: Some("172.16.0.1".parse().unwrap()),
        interface: None,
        metric: None,
        options: Default::default(),
    });
    let error = refused(&lab, &article.builder.document);
    assert!(
        matches!(error.step.as_deref(), Some(Step::AddRoute { .. })),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains("route 10.9.0.0/16 via 172.16.0.1 in red"),
        "{text}"
    );
    assert!(text.contains("ENETUNREACH"), "{text}");
    assert!(text.contains("Nexthop has invalid gateway"), "{text}");
    assert_eq!(settled(&lab.engine.observed()), before);
}

pub(crate) fn taken(_: &Inside) {
    let lab = Lab::start();
    let mut article = article();
    lab.apply(&article.builder.document);
    // Not a namespace of the lab, so nobody knows of its name.
    ip::must(
        &lab.namespace(topology::NamespaceId::HOST),
        "ip netns add violet",
    );
    let before = settled(&lab.engine.observed());
    article.builder.namespace("violet");
    article.builder.address(article.veth_red, "10.0.7.1/24");
    let error = refused(&lab, &article.builder.document);
    assert!(
        matches!(error.step.as_deref(), Some(Step::AddNamespace { .. })),
        "{error:?}"
    );
    assert!(error.to_string().contains("violet"), "{error}");
    assert_eq!(settled(&lab.engine.observed()), before);
    ip::must(
        &lab.namespace(topology::NamespaceId::HOST),
        "ip netns delete violet",
    );
    lab.apply(&article.builder.document);
}

pub(crate) fn removals(_: &Inside) {
    let lab = Lab::start();
    let mut article = article();
    article.builder.interface(article.green_br).mtu = Some(1400);
    lab.apply(&article.builder.document);
    let before = rebuilt(&lab.engine.observed());
    let red = lab.namespace(article.red);

    // All of it goes, with namespaces, and what comes instead is refused.
    let mut builder = Builder::new("other");
    let [_, end] = builder.link([
        (topology::NamespaceId::HOST, "veth-br-blue"),
        (topology::NamespaceId::HOST, "other"),
    ]);
    builder.interface(end).mtu = Some(70_000);
    refused(&lab, &builder.document);
    assert_eq!(rebuilt(&lab.engine.observed()), before);
    assert_eq!(lab.namespace(article.red), red, "the namespace is the same");
    lab.stands(&article.builder.document);
    ip::must(&red, "ping -c 1 -W 2 10.0.0.2");
}
