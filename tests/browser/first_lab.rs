//! The first lab, as a newcomer goes through it.

use std::time::{Duration, Instant};

use support::Yard;
use support::browser::Browser;
use thirtyfour::prelude::*;

#[tokio::test]
async fn from_an_empty_yard_to_a_cabled_namespace_and_back() {
    let yard = Yard::start("first-lab");
    let browser = Browser::start(1440, 900).await;
    browser.driver.goto(yard.url()).await.unwrap();

    // An empty yard: the article's example is one click away.
    browser.find("example-article").await;
    let url = browser.driver.current_url().await.unwrap();
    assert!(
        !url.as_str().contains("secret"),
        "the secret is out of the address bar: {url}"
    );
    browser.shoot("01-yard").await;
    browser.click("example-article").await;
    browser.find("node-red").await;
    browser.find("interface-red-veth-red").await;
    browser.shoot("02-stopped").await;
    browser.click("start").await;
    browser
        .until_attribute("run", "data-run", &["running"])
        .await;
    browser
        .until_attribute("interface-red-veth-red", "data-status", &["up"])
        .await;

    // Red pings blue, and it turns green.
    browser.click("tab-pings").await;
    choose(&browser, "ping-source", "red").await;
    browser.fill("ping-target", "10.0.0.2").await;
    browser.click("ping-start").await;
    browser
        .until_attribute("ping-row", "data-state", &["ok"])
        .await;

    // A capture on veth-blue reads the ICMP.
    browser.click("tab-capture").await;
    choose(&browser, "capture-interface", "blue/veth-blue").await;
    browser.fill("capture-filter", "icmp and and").await;
    browser
        .until_attribute("capture-filter", "data-valid", &["false"])
        .await;
    browser.fill("capture-filter", "icmp").await;
    browser
        .until_attribute("capture-filter", "data-valid", &["true"])
        .await;
    browser.click("capture-start").await;
    browser.click("capture-as-text").await;
    let row = browser
        .until_text("[data-testid=capture-row]", "ICMP echo request")
        .await;
    assert!(row.contains("10.0.0.1 > 10.0.0.2"), "{row}");
    browser
        .until_text("[data-testid=capture-row]", "ICMP echo reply")
        .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    browser.shoot("03-capture").await;
    browser.click("tab-pings").await;
    browser.shoot("04-ping").await;

    // A link that is pulled down in the kernel is down on the canvas.
    let lab = yard.labs().remove(0).id;
    let down = yard
        .exec(&lab, "red", &["ip", "link", "set", "veth-red", "down"])
        .output()
        .unwrap();
    assert!(
        down.status.success(),
        "{}",
        String::from_utf8_lossy(&down.stderr)
    );
    let done = Instant::now();
    browser
        .until_attribute(
            "interface-red-veth-red",
            "data-status",
            &["down", "drifted"],
        )
        .await;
    println!(
        "from the end of `ip link set down` to the canvas: {:?}",
        done.elapsed()
    );
    browser
        .until_attribute("ping-row", "data-state", &["lost", "error"])
        .await;
    let finding = browser
        .until_text("[data-testid=ping-finding]", "down")
        .await;
    assert!(finding.contains("veth-red"), "{finding}");
    browser.shoot("05-down").await;
    let up = yard
        .exec(&lab, "red", &["ip", "link", "set", "veth-red", "up"])
        .output()
        .unwrap();
    assert!(up.status.success());
    browser
        .until_attribute("interface-red-veth-red", "data-status", &["up"])
        .await;

    // A new namespace is dragged in and cabled to the bridge.
    let nodes = browser.count("[data-testid^=node-]").await;
    let (x, y) = browser.middle("node-br0").await;
    browser.drag_to("tool-namespace", x - 330, y).await;
    browser.until_count("[data-testid^=node-]", nodes + 1).await;
    let fresh = fresh_node(&browser, &["host", "red", "blue", "green", "br0"]).await;
    let links = browser.count("[data-testid^=link-]").await;
    browser.drag(&format!("port-{fresh}"), "node-br0").await;
    browser.until_count("[data-testid^=link-]", links + 1).await;
    browser
        .until_attribute("saved", "data-saved", &["yes"])
        .await;
    browser
        .until_attribute(
            &format!("interface-{fresh}-veth-{fresh}"),
            "data-status",
            &["up"],
        )
        .await;
    browser.shoot("06-cabled").await;
    let output = yard
        .exec(&lab, &fresh, &["ip", "-br", "link"])
        .output()
        .unwrap();
    let kernel = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(kernel.contains(&format!("veth-{fresh}")), "{kernel}");

    // Undo takes back the cable, then the namespace; redo brings both again.
    browser.click("undo").await;
    browser.until_count("[data-testid^=link-]", links).await;
    browser.click("undo").await;
    browser.until_count("[data-testid^=node-]", nodes).await;
    browser.click("redo").await;
    browser.click("redo").await;
    browser.until_count("[data-testid^=link-]", links + 1).await;
    browser
        .until_attribute("saved", "data-saved", &["yes"])
        .await;
    browser
        .until_attribute(
            &format!("interface-{fresh}-veth-{fresh}"),
            "data-status",
            &["up"],
        )
        .await;

    // Delete removes what is selected, here a cable, and undo brings it back, in the kernel too.
    let (x, y) = browser.middle("link-veth-red-veth-blue").await;
    let click = browser.driver.action_chain().move_to(x, y).click();
    click.send_keys(Key::Delete).perform().await.unwrap();
    browser.until_count("[data-testid^=link-]", links).await;
    browser
        .driver
        .action_chain()
        .key_down(Key::Control)
        .send_keys("z")
        .key_up(Key::Control)
        .perform()
        .await
        .unwrap();
    browser.until_count("[data-testid^=link-]", links + 1).await;
    browser
        .until_attribute("interface-red-veth-red", "data-status", &["up"])
        .await;

    // Reload: all is as it was.
    browser.driver.refresh().await.unwrap();
    browser.find(&format!("node-{fresh}")).await;
    browser.until_count("[data-testid^=link-]", links + 1).await;
    browser
        .until_attribute("run", "data-run", &["running"])
        .await;
    browser.click("tab-pings").await;
    browser
        .until_attribute("ping-row", "data-state", &["ok"])
        .await;
    browser.shoot("07-reloaded").await;
    browser.click("stop").await;
    browser
        .until_attribute("run", "data-run", &["stopped"])
        .await;
    let log = browser.driver.browser_log().await.unwrap_or_default();
    let errors: Vec<_> = log
        .iter()
        .filter(|entry| format!("{entry:?}").contains("SEVERE"))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// Chooses an option of a select by its text, or of a field with proposals by typing.
async fn choose(browser: &Browser, testid: &str, text: &str) {
    let field = browser.find(testid).await;
    if field.tag_name().await.unwrap() != "select" {
        browser.fill(testid, text).await;
        return;
    }
    let options = field.find_all(By::Tag("option")).await.unwrap();
    for option in &options {
        if option.text().await.unwrap().trim().starts_with(text) {
            option.click().await.unwrap();
            return;
        }
    }
    panic!("{testid} has no option {text}");
}

/// The name of the node that is none of these.
async fn fresh_node(browser: &Browser, known: &[&str]) -> String {
    for node in browser
        .driver
        .find_all(By::Css("[data-testid^=node-]"))
        .await
        .unwrap()
    {
        let testid = node.attr("data-testid").await.unwrap().unwrap();
        let name = testid.trim_start_matches("node-").to_owned();
        if !known.contains(&name.as_str()) {
            return name;
        }
    }
    panic!("no new node");
}
