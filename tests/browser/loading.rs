//! A ring of which only the newest packets have come: what is here is worked with, and stays in its place.

use support::browser::Browser;

use crate::captures::filter;
use crate::person::Person;
use crate::ring::{TOP, capture, kept_there, settled, until};

/// Holds back all large messages but the first, until `release` is called.
const HOLD: &str = "
    const Plain = WebSocket;
    window.sockets = [];
    window.holding = true;
    let held = [];
    window.release = () => {
        window.holding = false;
        held.forEach(pass => pass());
        held = [];
    };
    window.WebSocket = class extends Plain {
        constructor(...all) {
            super(...all);
            window.sockets.push(this);
            this.large = 0;
        }
        set onmessage(handler) {
            super.onmessage = handler && (event => {
                const isLarge = typeof event.data !== 'string' && event.data.byteLength >= 4096;
                this.large += isLarge;
                if (window.holding && isLarge && this.large > 1) {
                    held.push(() => handler(event));
                } else {
                    handler(event);
                }
            });
        }
        get onmessage() { return super.onmessage; }
    };";

/// From now on, which packets are seen at the upper edge, frame by frame.
const TOPS: &str = "
    window.tops = new Set();
    const look = () => { window.tops.add(window.top_of()); requestAnimationFrame(look); };
    look();";

#[tokio::test]
async fn what_is_here_is_filtered_while_the_rest_is_held_back() {
    let person = Person::at("loading", "article").await;
    let browser = &person.browser;
    capture(&person, 20_000).await;
    settled(browser).await;
    browser.click("capture-stop").await;
    person.at_path("//button[@aria-label='Dismiss']").await;
    let held = kept_there(browser).await;
    let cdp = browser.driver.cdp();
    cdp.send_raw("Page.enable", serde_json::json!({}))
        .await
        .unwrap();
    let source = format!("{HOLD} window.top_of = () => {{ {TOP} }};");
    let hold = serde_json::json!({ "source": source });
    cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", hold)
        .await
        .unwrap();
    browser.driver.refresh().await.unwrap();
    browser.click("tab-capture").await;
    let all = held.to_string();
    browser
        .until_attribute("capture-list", "data-lines", &[&all])
        .await;
    browser.until_text(".packet-bar .counts", "loading").await;
    scroll(browser, "0").await;
    browser.until_text(".packet.awaited", "Loading…").await;
    shoot(browser, "43-capture-loading").await;

    // What has come is filtered at once; what asks for conversations waits, and says so.
    filter(browser, "udp.stream == 0").await;
    browser
        .until_text(".packet-none", "waits for what is loading")
        .await;
    filter(browser, "udp").await;
    let some = lines(browser, "> 3000").await;
    assert!(some <= 4_096, "{some} of those that are here");
    browser.until_text(".packet-bar .counts", "loading").await;

    // The rest comes above what is looked at, which stays where it is in every frame.
    scroll(browser, "list.scrollHeight / 2").await;
    let before = top(browser).await;
    browser.shoot("44-capture-filtered-while-loading").await;
    browser.driver.execute(TOPS, vec![]).await.unwrap();
    browser
        .driver
        .execute("window.release()", vec![])
        .await
        .unwrap();
    lines(browser, "> 15000").await;
    settled(browser).await;
    let tops = browser.driver.execute("return [...window.tops]", vec![]);
    let tops: Vec<String> = tops.await.unwrap().convert().unwrap();
    assert_eq!(tops, [before.as_str()]);

    // It also does when the connection is made anew, and still stands still: at once where its packet is here, and else when it comes.
    let turns = [
        ("list.scrollHeight * 0.95", "false"),
        ("list.scrollHeight / 3", "false"),
        ("list.scrollHeight / 4", "true"),
    ];
    for (place, paused) in turns {
        if paused == "true" {
            browser.click("capture-pause").await;
        }
        scroll(browser, place).await;
        let before = top(browser).await;
        let gone = "window.holding = true; window.sockets.at(-1).close()";
        let count = "return window.sockets.length";
        let count: u64 = browser
            .driver
            .execute(count, vec![])
            .await
            .unwrap()
            .convert()
            .unwrap();
        browser.driver.execute(gone, vec![]).await.unwrap();
        until(browser, &format!("window.sockets.length > {count}")).await;
        lines(browser, "> 3000").await;
        if place.contains("0.95") {
            until(browser, &format!("window.top_of() === '{before}'")).await;
        }
        browser
            .driver
            .execute("window.release()", vec![])
            .await
            .unwrap();
        settled(browser).await;
        until(browser, &format!("window.top_of() === '{before}'")).await;
        browser
            .until_attribute("capture-pause", "aria-pressed", &[paused])
            .await;
    }
}

/// How many lines the list has, once that holds for it.
async fn lines(browser: &Browser, what: &str) -> u64 {
    let lines = "+document.querySelector('[data-testid=capture-list]').dataset.lines";
    until(browser, &format!("{lines} {what}")).await;
    let list = browser.find("capture-list").await;
    let lines = list.attr("data-lines").await.unwrap();
    lines.unwrap().parse().unwrap()
}

/// Scrolls the list, and waits until it is drawn.
async fn scroll(browser: &Browser, to: &str) {
    let script = format!(
        "const done = arguments[arguments.length - 1];
         const list = document.querySelector('[data-testid=capture-list]');
         list.scrollTop = {to};
         requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(1))));"
    );
    browser.driver.execute_async(script, vec![]).await.unwrap();
}

async fn top(browser: &Browser) -> String {
    let top = browser.driver.execute("return window.top_of()", vec![]);
    top.await.unwrap().convert().unwrap()
}

/// Pictures for a person, of both usual sizes, light and dark.
async fn shoot(browser: &Browser, name: &str) {
    let cdp = browser.driver.cdp();
    for (width, height) in [(1280, 720), (1920, 1080)] {
        for scheme in ["light", "dark"] {
            let size = serde_json::json!({
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
            });
            cdp.send_raw("Emulation.setDeviceMetricsOverride", size)
                .await
                .unwrap();
            let scheme_is = serde_json::json!({
                "features": [{ "name": "prefers-color-scheme", "value": scheme }],
            });
            cdp.send_raw("Emulation.setEmulatedMedia", scheme_is)
                .await
                .unwrap();
            scroll(browser, "0").await;
            browser.shoot(&format!("{name}-{width}-{scheme}")).await;
        }
    }
    let nothing = || serde_json::json!({});
    cdp.send_raw("Emulation.clearDeviceMetricsOverride", nothing())
        .await
        .unwrap();
    cdp.send_raw("Emulation.setEmulatedMedia", nothing())
        .await
        .unwrap();
}
