//! A ring that is full comes to a browser that joins late, with what its person had noted before.

use std::time::Duration;

use support::browser::Browser;
use thirtyfour::prelude::*;

use crate::captures::{SCROLL, filter, packets, took, watch};
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
        if (came.open !== undefined && came.last !== undefined && !came.done) {
            came.longest = Math.max(came.longest ?? 0, now - came.frame);
        }
        came.frame = now;
        if (list && row && +list.dataset.lines > 0 && came.open === undefined) {
            came.open = now - came.start;
            came.lines = +list.dataset.lines;
            came.hereAtOpen = +list.dataset.here;
        }
        const here = list ? +list.dataset.here : 0;
        if (here !== came.here) { came.here = here; came.last = now; came.done = here === came.lines; }
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

/// How long it takes from a click until a file is handed over, and whether a remark is in it: looked for as bytes, since
/// a hundred megabytes that are no text take a browser half a minute to read as one.
const SAVED: &str = "
    const plain = URL.createObjectURL;
    let start;
    document.addEventListener('click', () => { start = performance.now(); }, {capture: true, once: true});
    URL.createObjectURL = blob => {
        const took = performance.now() - start;
        blob.arrayBuffer().then(buffer => {
            const bytes = new Uint8Array(buffer);
            const wanted = new TextEncoder().encode('look here');
            let at = -1;
            do {
                at = bytes.indexOf(wanted[0], at + 1);
            } while (at >= 0 && !wanted.every((byte, place) => bytes[at + place] === byte));
            window.saved = {took, bytes: bytes.length, found: at >= 0};
        });
        return plain(blob);
    };";

#[tokio::test]
async fn a_full_ring_comes_again_with_what_was_noted() {
    // A little less than the ring takes: what it has overwritten cannot be saved with its remark.
    let wanted = packets() / 100 * 99;
    let person = Person::at("ring", "article").await;
    let browser = &person.browser;
    capture(&person, wanted).await;
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
    browser.driver.execute(SAVED, vec![]).await.unwrap();
    browser.click("capture-save").await;
    until(browser, "window.saved !== undefined").await;
    let saved = "return [window.saved.took, window.saved.bytes, +window.saved.found]";
    let saved = browser.driver.execute(saved, vec![]).await.unwrap();
    let [saving, bytes, found]: [f64; 3] = saved.convert().unwrap();
    println!("{:.0} MB are saved in {saving:.0} ms", bytes / 1e6);
    assert!(found > 0.0, "the remark is not in the file");

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
    let server = server_time(&person);
    browser.driver.refresh().await.unwrap();
    until(browser, &format!("window.came?.here === {held}")).await;
    let came = "const came = window.came;
        return [came.open, came.lines, came.hereAtOpen, came.last - came.first, came.bytes, came.messages,
            came.last - came.start, came.longest ?? 0]";
    let came = browser.driver.execute(came, vec![]).await.unwrap();
    let [open, lines, here, coming, bytes, messages, all, longest]: [f64; 8] =
        came.convert().unwrap();
    let [tab, server] = [tab_time(browser).await, server_time(&person) - server];
    println!(
        "a ring of {held} packets is open in {open:.0} ms with {here} of them, all are here after {all:.0} ms; \
         {:.0} MB came in {coming:.0} ms and {messages} messages: {:.2} M/s; \
         the longest frame took {longest:.0} ms, the tab {tab:.0} ms of a processor since it was opened, the server \
         {server:.0} ms",
        bytes / 1e6,
        held as f64 / coming / 1e3
    );
    assert!(lines as u64 == held, "{lines} rows of {held}");
    browser
        .until_text(".packet-bar .counts", "packets since ")
        .await;
    browser.shoot("41-capture-ring").await;
    settled(browser).await;
    let scrolled = browser.driver.execute_async(SCROLL, vec![]).await.unwrap();
    let [longest, middle]: [f64; 2] = scrolled.convert().unwrap();
    println!("scrolling: {middle:.1} ms a frame, the longest {longest:.1} ms");
    let field = browser.find("display-filter").await;
    field.send_keys("udp").await.unwrap();
    watch(browser, again as u32, "keydown").await;
    field.send_keys(Key::Enter + "").await.unwrap();
    println!("udp: {:.0} ms", took(browser).await);
    filter(browser, "").await;
    settled(browser).await;

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
    // And the list stands where it stood: it begins with that packet.
    until(browser, &format!("window.came.here === {held}")).await;
    settled(browser).await;
    let top = browser.driver.execute(TOP, vec![]).await.unwrap();
    assert_eq!(top.convert::<String>().unwrap(), format!("{number} 0"));
    browser.shoot("42-capture-reconnected").await;
}

/// Captures in a ring of a million what `red` sends to `blue`, so many packets.
pub(crate) async fn capture(person: &Person, wanted: u32) {
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
}

/// How many packets the server says that it keeps.
pub(crate) async fn kept_there(browser: &Browser) -> u64 {
    let counts = browser
        .until_text("[data-testid=capture-counts]", "kept")
        .await;
    let before = counts.split(" kept").next().unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

/// The packet at the upper edge of the list, and how many pixels of it are above.
pub(crate) const TOP: &str = "
    const edge = document.querySelector('[data-testid=capture-list]').getBoundingClientRect().top;
    const rows = [...document.querySelectorAll('.packet[data-number]:not(.hidden)')]
        .map(row => [row.getBoundingClientRect(), row.dataset.number])
        .filter(([place]) => place.bottom > edge + 0.5)
        .sort(([one], [other]) => one.top - other.top);
    return rows.length > 0 ? `${rows[0][1]} ${Math.round(edge - rows[0][0].top)}` : '';";

/// Milliseconds of a processor that the tab has used.
async fn tab_time(browser: &Browser) -> f64 {
    let cdp = browser.driver.cdp();
    let nothing = || serde_json::json!({});
    cdp.send_raw("Performance.enable", nothing()).await.unwrap();
    let metrics = cdp.send_raw("Performance.getMetrics", nothing()).await;
    let metrics = metrics.unwrap();
    let mut metrics = metrics["metrics"].as_array().unwrap().iter();
    let time = metrics.find(|metric| metric["name"] == "ProcessTime");
    time.unwrap()["value"].as_f64().unwrap() * 1e3
}

/// Milliseconds of a processor that the server has used.
fn server_time(person: &Person) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", person.yard.pid())).unwrap();
    let (_, after) = stat.rsplit_once(')').unwrap();
    let words: Vec<&str> = after.split_whitespace().collect();
    let ticks: u64 = words[11].parse::<u64>().unwrap() + words[12].parse::<u64>().unwrap();
    // The kernel tells hundredths of a second.
    ticks as f64 * 10.0
}

/// How many lines the list has once no more come.
pub(crate) async fn settled(browser: &Browser) -> u64 {
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
pub(crate) async fn until(browser: &Browser, what: &str) {
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
