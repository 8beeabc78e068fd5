//! What passes the links, live on the canvas.

use std::time::Duration;

use support::browser::SHOWN;

use crate::person::Person;

#[tokio::test]
async fn traffic_is_shown_on_its_links_and_only_there_and_only_when_asked_for() {
    let person = Person::at("browser-traffic", "bridged").await;
    let browser = &person.browser;
    let (busy, quiet) = ("traffic-veth-red-br-red", "traffic-veth-green-br-green");
    let load = |link: &str| format!("[data-testid={link}]:not([data-load=\"0\"])");
    let ping = ["ping", "-i0.02", "-s1000", "-w8", "10.0.0.2"];
    let mut ping = person.yard.exec(&person.lab, "red", &ping);
    let mut ping = ping.stdout(std::process::Stdio::null()).spawn().unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(browser.count(".traffic").await, 0);
    browser.click("traffic").await;
    // 50 frames of 1,042 bytes a second, each way.

    let start = std::time::Instant::now();
    loop {
        let seen = browser
            .until_text(&format!("[data-testid={busy}]"), "p/s")
            .await;
        let has_both = seen.matches("kB/s").count() == 2;
        if has_both {
            break;
        }
        assert!(start.elapsed() < SHOWN, "{seen}");
    }
    browser.find_css(&load("link-veth-red-br-red")).await;
    // Others have what the kernel itself says now and then, and nothing for most of the time.
    let others = format!("[data-testid={quiet}]");
    browser.until_count(&others, 0).await;
    browser.shoot("29-traffic").await;
    ping.wait().unwrap();
    // It stands still, and so do the numbers: they go.
    browser
        .until_count(&format!("[data-testid={busy}]"), 0)
        .await;
    browser.until_count(&load("link-veth-red-br-red"), 0).await;
    browser.click("traffic").await;
    browser.until_count(".traffic", 0).await;
}
