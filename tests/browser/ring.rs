//! A ring that is full comes to a browser that joins late, with what its person had noted before.

use std::time::Duration;

use support::browser::Browser;
use thirtyfour::prelude::*;

use crate::captures::{filter, packets};
use crate::person::Person;

/// From when the page asks for its lab's socket: until the newest packets are rows and the list says how many there
/// are, the captures being opened as soon as there is something to click; when the first and the last packets came,
/// how many bytes and messages, and whether rows that had not come said so.
const LISTEN: &str = "
    const Plain = WebSocket;
    window.came = {bytes: 0, messages: 0, here: 0};
    window.sockets = [];
    const look = () => {
        const came = window.came;
        const tab = document.querySelector('[data-testid=tab-capture]');
        if (tab && !came.clicked) { came.clicked = true; tab.click(); }
        const list = document.querySelector('[data-testid=capture-list]');
        const row = document.querySelector('.packet[data-number]:not(.hidden, .awaited)');
        const now = performance.now();
        if (list && row && +list.dataset.lines > 0 && came.open === undefined) {
            came.open = now - came.start;
            came.lines = +list.dataset.lines;
            came.hereAtOpen = +list.dataset.here;
        }
        const here = list ? +list.dataset.here : 0;
        if (here !== came.here) { came.here = here; came.last = now; }
        if (now < came.start + 60000) { requestAnimationFrame(look); }
    };
    window.WebSocket = class extends Plain {
        constructor(...all) {
            super(...all);
            window.sockets.push(this);
            if (window.came.start === undefined) { window.came.start = performance.now(); look(); }
            this.addEventListener('message', event => {
                if (typeof event.data === 'string' || event.data.byteLength < 4096) { return; }
                const came = window.came;
                came.bytes += event.data.byteLength;
                came.messages += 1;
                came.first ??= performance.now();
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

    // Another visit: what the ring has kept comes again. Nothing new does, so that it can be counted.
    browser.click("capture-stop").await;
    person.at_path("//button[@aria-label='Dismiss']").await;
    let held = kept_there(browser).await;
    let listen = serde_json::json!({ "source": LISTEN });
    let cdp = browser.driver.cdp();
    cdp.send_raw("Page.enable", serde_json::json!({}))
        .await
        .unwrap();
    cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", listen)
        .await
        .unwrap();
    browser.driver.refresh().await.unwrap();
    until(browser, &format!("window.came?.here === {held}")).await;
    let again = settled(browser).await;
    // All but what is no UDP: neighbours asking for each other; and what was overwritten.
    assert!(
        again <= shown && again + 500 > shown.min(held),
        "{again} of {shown}, {held}"
    );
    let field = browser.find("display-filter").await;
    assert_eq!(field.value().await.unwrap().as_deref(), Some("udp"));
    // A live list stands at its end: to the mark.
    person.click("//button[@aria-label='Next mark']").await;
    browser.find_css(".packet.marked.commented.reference").await;
    browser.until_text(".packet-head .added", "ip.ttl").await;
    browser.shoot("40-capture-again").await;
    person
        .click("//button[@aria-label='Remove the column ip.ttl']")
        .await;
    browser.until_count(".packet-head .added", 0).await;

    // Without a filter, all that is kept is counted at once.
    filter(browser, "").await;
    settled(browser).await;
    browser.driver.refresh().await.unwrap();
    until(browser, &format!("window.came?.here === {held}")).await;
    let came = "const came = window.came;
        return [came.open, came.lines, came.hereAtOpen, came.last - came.first, came.bytes, came.messages,
            came.last - came.start]";
    let came = browser.driver.execute(came, vec![]).await.unwrap();
    let [open, lines, here, took, bytes, messages, all]: [f64; 7] = came.convert().unwrap();
    println!(
        "a ring of {held} packets is open in {open:.0} ms with {here} of them, all are here after {all:.0} ms; \
         {:.0} MB came in {took:.0} ms and {messages} messages: {:.2} M/s",
        bytes / 1e6,
        held as f64 / took / 1e3
    );
    assert!(lines as u64 == held, "{lines} rows of {held}");
    browser
        .until_text(".packet-bar .counts", "packets since ")
        .await;
    browser.shoot("41-capture-ring").await;

    // The selected packet stays so when the connection is made anew.
    let list = browser.find("capture-list").await;
    list.send_keys(Key::Home + "").await.unwrap();
    let selected = browser.find_css(".packet.selected").await;
    let number = selected.attr("data-number").await.unwrap().unwrap();
    let gone = "window.came.here = 0; window.sockets.at(-1).close()";
    browser.driver.execute(gone, vec![]).await.unwrap();
    until(browser, "window.sockets.length > 1").await;
    person
        .at_path(&format!("//*[normalize-space(.)='Packet {number}']"))
        .await;
    browser.find_css(".field-line[data-field='frame']").await;
    browser.shoot("42-capture-reconnected").await;
}

/// How many packets the server says that it keeps.
async fn kept_there(browser: &Browser) -> u64 {
    let counts = browser
        .until_text("[data-testid=capture-counts]", "kept")
        .await;
    let before = counts.split(" kept").next().unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap()
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
