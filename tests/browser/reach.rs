//! Who reaches whom, questions to the network, and what namespaces serve.

use thirtyfour::prelude::*;

use crate::person::Person;

const WEB: &str = "reach-client-10.0.1.10";
const WAY: &str = "[data-testid=way]";

#[tokio::test]
async fn the_matrix_says_who_reaches_whom_why_not_and_what_has_changed() {
    let person = Person::at("browser-reach", "firewall").await;
    let browser = &person.browser;
    browser.click("tab-reachability").await;
    browser
        .until_text(".reach .empty", "Not measured yet")
        .await;
    browser.click("reach-measure").await;
    // Five namespaces with eight addresses.
    browser
        .until_text("[data-testid=reach-sum]", "of 32 answer")
        .await;
    let open = "reach-client-203.0.113.1";
    browser
        .until_attribute(open, "data-grade", &["reachable"])
        .await;
    browser
        .until_attribute(WEB, "data-grade", &["refused"])
        .await;

    // A cell shows its way: through the firewall, where it dies; or all of it.
    browser.click(WEB).await;
    browser
        .until_text("[data-testid=reach-details]", "dropped by a firewall")
        .await;
    browser
        .until_attribute("way", "data-state", &["broken"])
        .await;
    browser.until_attribute("way", "data-links", &["1"]).await;
    browser.until_text(WAY, "firewall").await;
    browser.shoot("40-reach-filtered").await;
    browser.click(open).await;
    browser
        .until_attribute("way", "data-state", &["whole"])
        .await;

    // What is otherwise than the last time stands out, and can be looked at alone.
    person.run("db", "ip link set eth0 down");
    browser.click("reach-measure").await;
    browser
        .until_text("[data-testid=reach-sum]", "changed")
        .await;
    let down = "reach-db-10.0.3.1";
    browser
        .until_attribute(down, "data-grade", &["broken"])
        .await;
    browser.until_text(".reach-cell.changed", "no route").await;
    browser.click("reach-failures").await;
    browser
        .until_count(&format!("[data-testid=\"{open}\"]"), 1)
        .await;
    browser.click(down).await;
    browser.until_attribute("way", "data-links", &["0"]).await;
    browser.shoot("41-reach-changed").await;

    // Measured again by itself while one looks.
    let again = browser.find_css("#reach-pause option[value='2']").await;
    again.click().await.unwrap();
    person.run("db", "ip link set eth0 up");
    person.run("db", "ip route add default via 10.0.3.1");
    // What is mended is no failure any more: all are shown again.
    browser.click("reach-failures").await;
    browser
        .until_attribute(down, "data-grade", &["reachable"])
        .await;
    // The way goes with the panel.
    browser.click("tab-pings").await;
    browser.until_count(WAY, 0).await;
}

#[tokio::test]
async fn questions_are_answered_in_words_and_a_namespace_serves_what_it_is_told_to() {
    let person = Person::at("browser-probes", "router").await;
    let browser = &person.browser;
    browser.click("tab-probes").await;
    let ask = async |kind: &str, port: &str| {
        let kind = format!("[data-testid=probe-kind] option[value={kind}]");
        browser.find_css(&kind).await.click().await.unwrap();
        browser.fill("probe-target", "right").await;
        if !port.is_empty() {
            browser.fill("probe-port", port).await;
        }
        browser.click("probe-start").await;
    };
    ask("tcp", "80").await;
    browser
        .until_text(".answer", "10.2.0.1 tcp/80 is refused by 10.2.0.1")
        .await;

    // Told to serve it, it does; what it cannot serve is said.
    browser.click("node-right").await;
    let serves = "//*[@data-testid='serves']";
    person.enter(serves, "Serve a port", "udp/80 http").await;
    person
        .until_refused(serves, "Serve a port", "which is over TCP")
        .await;
    person.enter(serves, "Serve a port", "tcp/80 http").await;
    person.until_value(serves, "Serve a port", "").await;
    browser
        .until_text("[data-testid=node-right]", "tcp/80")
        .await;
    ask("tcp", "80").await;
    browser
        .until_text(".answer", "10.2.0.1 tcp/80 is open")
        .await;
    let page = person.run("left", "curl -s http://10.2.0.1");
    assert!(page.starts_with("right at 10.2.0.1:80"), "{page}");
    person.enter(serves, "Serve a port", "udp/53").await;
    ask("udp", "53").await;
    browser
        .until_text(".answer", "10.2.0.1 udp/53 answers")
        .await;

    ask("path-mtu", "").await;
    browser
        .until_text(".answer", "1500 bytes, all the way")
        .await;
    ask("lookup", "").await;
    browser
        .until_text(".answer", "by the default route via 10.1.0.254 out of eth0")
        .await;
    ask("throughput", "").await;
    browser.until_text(".answer", "bit/s in").await;
    ask("traceroute", "").await;
    browser
        .until_text(".answer", "reached through 1 router")
        .await;
    // Hop by hop on the canvas.
    browser.until_attribute("way", "data-links", &["2"]).await;
    browser.until_text(".way-hop", "2 · ").await;
    browser.shoot("42-probes").await;

    // A ping with options: too large, in one piece.
    browser.click("tab-pings").await;
    browser.click("ping-options").await;
    browser.fill("ping-option-size", "3000").await;
    browser.fill("ping-option-count", "2").await;
    browser
        .find_css(".options .check input")
        .await
        .click()
        .await
        .unwrap();
    browser.fill("ping-target", "right").await;
    browser.click("ping-start").await;
    browser.until_text(".ping-error", "refuses to send").await;
    browser.shoot("43-ping-options").await;

    // Undo takes the services back, one by one, from the running lab.
    for _ in 0..2 {
        browser.click("undo").await;
    }
    browser.click("tab-probes").await;
    ask("tcp", "80").await;
    browser
        .until_text(".probe-row:first-child .answer", "is refused")
        .await;

    // Two that are selected have it in the menu.
    browser.click("node-left").await;
    let (left, right) = (
        browser.find("node-left").await,
        browser.find("node-right").await,
    );
    let actions = browser
        .driver
        .action_chain()
        .key_down(Key::Shift)
        .click_element(&right);
    actions
        .key_up(Key::Shift)
        .context_click_element(&left)
        .perform()
        .await
        .unwrap();
    browser
        .until_text("[role=menuitem]", "Ping right → left")
        .await;
    browser.shoot("44-menu-between").await;
}
