//! A ring that is full comes to a browser that joins late, with what its person had noted before.

use std::time::Duration;

use support::browser::Browser;
use thirtyfour::prelude::*;

use crate::captures::{filter, packets};
use crate::person::Person;

/// When the first and the last packets of the server came, and how many bytes.
const LISTEN: &str = "
    const Plain = WebSocket;
    window.came = {bytes: 0, messages: 0};
    const look = () => {
        const list = document.querySelector('[data-testid=capture-list]');
        const lines = list ? +list.dataset.lines : 0;
        const now = performance.now();
        if (lines !== came.lines) { came.lines = lines; came.last = now; }
        if (now < came.first + 60000) { requestAnimationFrame(look); }
    };
    window.WebSocket = class extends Plain {
        constructor(...all) {
            super(...all);
            this.addEventListener('message', event => {
                if (typeof event.data === 'string' || event.data.byteLength < 4096) { return; }
                const came = window.came;
                came.bytes += event.data.byteLength;
                came.messages += 1;
                if (came.first === undefined) { came.first = performance.now(); look(); }
            });
        }
    };";

#[tokio::test]
async fn a_full_ring_comes_again_with_what_was_noted() {
    let wanted = packets();
    let person = Person::at("ring", "article").await;
    let browser = &person.browser;
    browser.click("tab-capture").await;
    person
        .click("//select[@id='capture-interface']/option[.='red/veth-red']")
        .await;
    person.click("//details[@class='limits']/summary").await;
    for (label, value) in [("Keep packets", "1000000"), ("Keep MiB", "256")] {
        let field = format!("//details[@class='limits']/label[contains(.,'{label}')]/input");
        let field = person.at_path(&field).await;
        field.send_keys(Key::Control + "a").await.unwrap();
        field.send_keys(value.to_owned() + Key::Tab).await.unwrap();
    }
    browser.shoot("37-capture-form").await;
    browser.click("capture-start").await;
    browser.until_text(".capture-tab", "received").await;
    let send = format!(
        "use Socket; socket(S,PF_INET,SOCK_DGRAM,0); \
         my $to=sockaddr_in(9,inet_aton('10.0.0.2')); send(S,'x'x22,0,$to) for 1..{wanted};"
    );
    let sent = person
        .yard
        .exec(&person.lab, "red", &["perl", "-e", &send])
        .output()
        .unwrap();
    assert!(sent.status.success(), "{sent:?}");
    let kept = settled(browser).await;
    assert!(kept >= u64::from(wanted) / 2, "{kept} of {wanted} are here");

    // A field becomes a column, and the packet is noted.
    filter(browser, "udp").await;
    browser
        .until_text("[data-testid=capture-row]", "Len=22")
        .await;
    let shown = settled(browser).await;
    browser.click("capture-row").await;
    let list = browser.find("capture-list").await;
    list.send_keys("mt").await.unwrap();
    let comment = browser.find_css("[aria-label=Comment]").await;
    comment.send_keys("look here" + Key::Enter).await.unwrap();
    let protocol = browser.find_css("[data-field='ip']").await;
    protocol.scroll_into_view().await.unwrap();
    let field = browser.find_css("[data-field='ip.ttl']").await;
    let actions = browser.driver.action_chain();
    actions
        .context_click_element(&field)
        .perform()
        .await
        .unwrap();
    browser.shoot("38-capture-field-menu").await;
    person
        .click("//button[@role='menuitem'][.='Apply as column']")
        .await;
    browser.until_text(".packet-head .added", "ip.ttl").await;
    browser.shoot("39-capture-column").await;

    // A packet by its number, and one that there is not.
    list.send_keys(Key::Control + "g").await.unwrap();
    let find = browser.find("capture-find").await;
    find.send_keys("99999999" + Key::Enter).await.unwrap();
    browser
        .until_text(".find-bar .field-error", "There is no packet 99999999")
        .await;
    find.send_keys(Key::Control + "a").await.unwrap();
    find.send_keys(format!("{}", kept / 2) + Key::Enter)
        .await
        .unwrap();
    let found = format!(".packet.selected[data-number='{}']", kept / 2);
    browser.find_css(&found).await;

    // Saved by the server, with the remark that only this browser has.
    let listen = "const plain = URL.createObjectURL;
        URL.createObjectURL = blob => {
            blob.text().then(text => { window.saved = text.includes('look here'); });
            return plain(blob);
        };";
    browser.driver.execute(listen, vec![]).await.unwrap();
    browser.click("capture-save").await;
    until(browser, "window.saved === true").await;

    // Another visit: all of it comes again.
    let listen = serde_json::json!({ "source": LISTEN });
    let cdp = browser.driver.cdp();
    cdp.send_raw("Page.enable", serde_json::json!({}))
        .await
        .unwrap();
    cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", listen)
        .await
        .unwrap();
    browser.driver.refresh().await.unwrap();
    browser.click("tab-capture").await;
    browser
        .until_attribute("capture-list", "data-lines", &[&shown.to_string()])
        .await;
    let field = browser.find("display-filter").await;
    assert_eq!(field.value().await.unwrap().as_deref(), Some("udp"));
    // A live list stands at its end: to the mark.
    person.click("//button[@aria-label='Next mark']").await;
    browser.find_css(".packet.marked.commented.reference").await;
    browser.until_text(".packet-head .added", "ip.ttl").await;
    until(browser, &format!("window.came?.lines === {shown}")).await;
    let came = "const came = window.came;
        return [came.last - came.first, came.bytes, came.messages]";
    let came = browser.driver.execute(came, vec![]).await.unwrap();
    let [took, bytes, messages]: [f64; 3] = came.convert().unwrap();
    println!(
        "{kept} packets of {:.0} MB came in {took:.0} ms and {messages} messages: {:.2} M/s",
        bytes / 1e6,
        kept as f64 / took / 1e3
    );
    browser.shoot("40-capture-again").await;
    person
        .click("//button[@aria-label='Remove the column ip.ttl']")
        .await;
    browser.until_count(".packet-head .added", 0).await;
}

/// How many lines the list has once no more come.
async fn settled(browser: &Browser) -> u64 {
    let mut before = String::new();
    loop {
        tokio::time::sleep(Duration::from_millis(600)).await;
        let list = browser.find("capture-list").await;
        let ready = list.attr("data-ready").await.unwrap().unwrap_or_default();
        let lines = list.attr("data-lines").await.unwrap().unwrap_or_default();
        if ready == "true" && lines == before && lines != "0" {
            return lines.parse().unwrap();
        }
        before = lines;
    }
}

/// Waits until that is true in the page.
async fn until(browser: &Browser, what: &str) {
    for _ in 0..1000 {
        let answer = browser.driver.execute(format!("return {what}"), vec![]);
        if answer.await.unwrap().convert::<bool>().unwrap_or(false) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    browser.shoot("failed").await;
    panic!("not so: {what}; see artifacts/failed.png");
}
