//! Captures, as somebody who lives in Wireshark goes through them; and a file from their own computer.

use std::time::Duration;

use packet::pcapng::{Interface, Writer};
use packet::{LinkType, Timestamp, View};
use support::Yard;
use support::browser::Browser;
use thirtyfour::prelude::*;

use crate::person::Person;

/// Takes one connection, hears a line and answers.
const SERVE: &str = "use Socket; socket(S,PF_INET,SOCK_STREAM,0); \
     setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1); bind(S,sockaddr_in(80,INADDR_ANY)) or die $!; \
     listen(S,1); print qq(ready\\n); close STDOUT; accept(C,S); sysread(C,$_,99); \
     syswrite(C,qq(HTTP/1.0 200 OK\\r\\n\\r\\nhello from blue\\n)); close C;";
const ASK: &str =
    "exec 3<>/dev/tcp/10.0.0.2/80; printf 'GET /yard HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";

#[tokio::test]
async fn from_the_canvas_to_a_followed_stream() {
    let person = Person::at("captures", "article").await;
    let browser = &person.browser;

    // Both ends of a cable, from its menu.
    let (x, y) = browser.middle("link-veth-red-veth-blue").await;
    let actions = browser.driver.action_chain().move_to(x, y);
    actions.context_click().perform().await.unwrap();
    person
        .click("//button[@role='menuitem'][contains(.,'both ends')]")
        .await;
    browser.until_text(".capture-tab", "received").await;
    let said = person.run("red", "ping -c 2 -i 0.2 10.0.0.2");
    assert!(said.contains(" 0% packet loss"), "{said}");

    // A packet is one row, with its way, and unfolds into its sightings.
    let row = browser
        .until_text("[data-testid=capture-row]", "Echo (ping) request")
        .await;
    assert!(row.contains("red → blue"), "{row}");
    filter(browser, "icmp.tpye == 8").await;
    browser
        .until_text("[data-testid=display-filter-error]", "icmp.type")
        .await;
    filter(browser, "icmp.type == 8").await;
    browser
        .until_attribute("capture-list", "data-lines", &["2"])
        .await;
    browser.click("capture-unfold").await;
    browser
        .until_attribute("capture-list", "data-lines", &["3"])
        .await;
    browser.click("capture-unfold").await;
    browser
        .until_attribute("capture-list", "data-lines", &["2"])
        .await;

    // A field lights up its bytes, and a byte finds its field.
    browser.click("capture-row").await;
    let field = "[data-field='icmp.seq']";
    browser.find_css(field).await.click().await.unwrap();
    let lit = browser.find_css(".byte-row .hex b:not(:empty)").await;
    assert_eq!(lit.text().await.unwrap().trim(), "00 01");
    browser.shoot("30-capture-tree").await;
    let byte = browser.find_css(".byte-row .hex").await;
    byte.click().await.unwrap();
    browser
        .find_css(".field-line.selected[data-field^='eth.']")
        .await;

    // Marked by a key, with a comment.
    browser.click("capture-row").await;
    let list = browser.find("capture-list").await;
    list.send_keys("m").await.unwrap();
    browser.find("capture-save-marked").await;
    let comment = browser.find_css("[aria-label=Comment]").await;
    comment.send_keys("the first" + Key::Enter).await.unwrap();
    browser.find_css(".packet.marked.commented").await;

    // A conversation over TCP, followed from a row's menu.
    let mut serve = person
        .yard
        .exec(&person.lab, "blue", &["perl", "-e", SERVE]);
    let mut serve = serve.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    let said = serve.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(said), &mut ready).unwrap();
    assert_eq!(ready, "ready\n");
    let ask = person
        .yard
        .exec(&person.lab, "red", &["bash", "-c", ASK])
        .output()
        .unwrap();
    assert!(serve.wait().unwrap().success());
    assert!(String::from_utf8_lossy(&ask.stdout).contains("hello from blue"));
    // The details leave the last columns little room: away with them.
    person
        .click("//button[@aria-label='Close the details']")
        .await;
    filter(browser, "http.request").await;
    browser
        .until_text("[data-testid=capture-row]", "GET /yard")
        .await;
    browser
        .until_attribute("capture-list", "data-lines", &["1"])
        .await;
    let row = browser.find("capture-row").await;
    let actions = browser.driver.action_chain();
    actions.context_click_element(&row).perform().await.unwrap();
    person
        .click("//button[@role='menuitem'][contains(.,'Follow TCP')]")
        .await;
    let said = browser.until_text(".conversation", "hello from blue").await;
    assert!(said.contains("GET /yard HTTP/1.0"), "{said}");
    assert_eq!(said.matches("hello from blue").count(), 1, "{said}");
    browser.shoot("31-capture-followed").await;
    person.click("//button[.='Filter on this stream']").await;
    person
        .click("//button[@aria-label='Close the details']")
        .await;
    browser
        .until_text("[data-testid=capture-row]", "[SYN]")
        .await;
    browser.shoot("32-capture-columns").await;
    browser.click("capture-as-text").await;
    let line = browser
        .until_text("[data-testid=capture-row]", "Flags [S]")
        .await;
    assert!(line.contains("IP 10.0.0.1."), "{line}");
    browser.click("capture-text-x").await;
    browser
        .until_text("[data-testid=capture-row]", "0x0000:")
        .await;
    browser
        .driver
        .execute("document.documentElement.dataset.theme = 'dark'", vec![])
        .await
        .unwrap();
    browser.shoot("33-capture-text-dark").await;
    browser.click("capture-text-x").await;
    browser.click("capture-as-text").await;
    filter(browser, "").await;
    browser.shoot("34-capture-dark").await;
}

/// Types a display filter and puts it in force.
pub(crate) async fn filter(browser: &Browser, text: &str) {
    let field = browser.find("display-filter").await;
    field.click().await.unwrap();
    field.send_keys(Key::Control + "a").await.unwrap();
    field.send_keys(Key::Backspace + text).await.unwrap();
    field.send_keys(Key::Enter + "").await.unwrap();
}

/// Packets in the file: a million, to measure, with `NETYARD_PACKETS=1000000`.
pub(crate) fn packets() -> u32 {
    let wanted = std::env::var("NETYARD_PACKETS").ok();
    wanted
        .and_then(|count| count.parse().ok())
        .unwrap_or(20_000)
}

/// Milliseconds from an event until the list has so many lines and nothing more is to be done.
const WATCH: &str = "
    window.took = null;
    const [wanted, event] = arguments;
    const watch = start => {
        const list = document.querySelector('[data-testid=capture-list]');
        const row = document.querySelector('[data-testid=capture-row]:not(.hidden)');
        if (list && row && +list.dataset.lines === wanted) {
            window.took = performance.now() - start;
        } else {
            requestAnimationFrame(() => watch(start));
        }
    };
    document.addEventListener(event, () => watch(performance.now()), {capture: true, once: true});";

/// Scrolls for two seconds; the longest and the middle time between frames.
pub(crate) const SCROLL: &str = "
    const done = arguments[arguments.length - 1];
    const list = document.querySelector('[data-testid=capture-list]');
    const times = [];
    const start = performance.now();
    let last = start;
    const step = now => {
        times.push(now - last);
        last = now;
        list.scrollTop += 173;
        if (now - start < 2000) { requestAnimationFrame(step); return; }
        times.sort((a, b) => a - b);
        done([times[times.length - 1], times[Math.floor(times.length / 2)]]);
    };
    list.scrollTop = 0;
    requestAnimationFrame(step);";

#[tokio::test]
async fn a_file_is_opened_filtered_and_scrolled_to_its_end() {
    let count = packets();
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("many.pcapng");
    let file = many(count);
    std::fs::write(&path, &file).unwrap();
    let broken = folder.path().join("broken.pcapng");
    std::fs::write(&broken, file.get(..4000).unwrap()).unwrap();

    let yard = Yard::start("capture-file");
    let lab = yard.create_example("article");
    let browser = Browser::start(1280, 720).await;
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find_css(&format!("[data-lab=\"{lab}\"]")).await;
    let page = format!("{}/labs/{lab}", yard.origin);
    browser.driver.goto(page).await.unwrap();
    browser.find("node-red").await;
    browser.click("tab-capture").await;

    watch(&browser, count, "change").await;
    let field = browser.find("capture-file").await;
    field.send_keys(path.to_str().unwrap()).await.unwrap();
    let opened = took(&browser).await;
    println!(
        "{count} packets of {} MB are opened in {opened:.0} ms",
        file.len() / 1_000_000
    );
    // What nobody waits for is done, so that a filter is measured alone.
    browser
        .until_attribute("capture-list", "data-ready", &["true"])
        .await;
    let scrolled = browser.driver.execute_async(SCROLL, vec![]).await.unwrap();
    let [longest, middle]: [f64; 2] = scrolled.convert().unwrap();
    println!("scrolling: {middle:.1} ms a frame, the longest {longest:.1} ms");

    let list = browser.find("capture-list").await;
    list.send_keys(Key::End + "").await.unwrap();
    let last = format!(".packet.selected[data-number='{count}']");
    browser.find_css(&last).await;
    browser.shoot("35-capture-file").await;

    for (text, passes) in [
        ("udp", count / 4),
        ("ip.addr == 10.7.0.3 and tcp.port == 443", count / 16 * 3),
    ] {
        let field = browser.find("display-filter").await;
        field.click().await.unwrap();
        field.send_keys(Key::Control + "a").await.unwrap();
        field.send_keys(Key::Backspace + text).await.unwrap();
        // Only now, as each key of the filter is one.
        watch(&browser, passes, "keydown").await;
        field.send_keys(Key::Enter + "").await.unwrap();
        println!("{text}: {:.0} ms", took(&browser).await);
    }

    // A file that breaks off is shown up to there, and says where.
    let field = browser.find("capture-file").await;
    field.send_keys(broken.to_str().unwrap()).await.unwrap();
    browser
        .until_text("[data-testid=capture-file-error]", "ends at byte 4000")
        .await;
    browser
        .until_text("[data-testid=capture-row]", "10.7.0")
        .await;
    browser.shoot("36-capture-broken").await;
}

/// Has [`took`] tell how long it takes from an event until the list has so many lines.
pub(crate) async fn watch(browser: &Browser, lines: u32, event: &str) {
    let arguments = vec![serde_json::json!(lines), serde_json::json!(event)];
    browser.driver.execute(WATCH, arguments).await.unwrap();
}

/// Milliseconds, as [`watch`] says.
pub(crate) async fn took(browser: &Browser) -> f64 {
    for _ in 0..2000 {
        let took = browser.driver.execute("return window.took", vec![]).await;
        if let Ok(Some(took)) = took.unwrap().convert::<Option<f64>>() {
            return took;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    browser.shoot("failed").await;
    panic!("the list does not come to the lines that are waited for; see artifacts/failed.png");
}

/// Packets between 16 addresses, three of TCP for each of UDP, from two interfaces.
fn many(count: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new("tests", &mut out);
    let ids = ["a/eth0", "b/eth0"]
        .map(|name| writer.interface(&Interface::new(name, LinkType::Ethernet), &mut out));
    for number in 0..count {
        let udp = number % 4 == 3;
        let mut data = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        let protocol = if udp { 17 } else { 6 };
        let length: u16 = if udp { 28 + 32 } else { 40 + 32 };
        data.extend([0x45, 0]);
        data.extend(length.to_be_bytes());
        data.extend((number as u16).to_be_bytes());
        data.extend([0x40, 0, 64, protocol, 0, 0, 10, 7, 1, 1, 10, 7, 0]);
        data.push((number / 4 % 4) as u8);
        let port: u16 = if udp { 5000 } else { 443 };
        data.extend((40_000 + (number / 16 % 500) as u16).to_be_bytes());
        data.extend(port.to_be_bytes());
        if udp {
            data.extend([0, 40, 0, 0]);
        } else {
            data.extend(number.to_be_bytes());
            data.extend([0, 0, 0, 1, 0x50, 0x18, 2, 0, 0, 0, 0, 0]);
        }
        data.extend([0x61; 32]);
        let view = View {
            at: Timestamp(1_700_000_000_000_000_000 + u64::from(number) * 3_000),
            length: data.len() as u32,
            data: &data,
        };
        let [first, second] = ids;
        let id = if number % 2 == 0 { first } else { second };
        writer.packet(id, view, None, &mut out);
    }
    out
}
