//! What is drawn while a lab starts.

use support::Yard;
use support::browser::Browser;

/// In each frame, what stands on the card of a namespace and where its cable is; each once.
const WATCH: &str = "
    window.seen = new Set();
    const look = () => {
        const card = document.querySelector('[data-testid=node-red]');
        const cable = document.querySelector('[data-testid=link-veth-red-veth-blue] .grip');
        if (card && cable) {
            const {x, y} = cable.getBoundingClientRect();
            window.seen.add(`${Math.round(x)} ${Math.round(y)}: ${card.textContent}`);
        }
        requestAnimationFrame(look);
    };
    look();";

#[tokio::test]
async fn nothing_is_called_missing_or_moves_while_a_lab_starts() {
    let yard = Yard::start("starting");
    let lab = yard.create_example("article");
    let browser = Browser::start(1440, 900).await;
    let page = format!("{}/labs/{lab}", yard.origin);
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find_css(&format!("[data-lab=\"{lab}\"]")).await;
    browser.driver.goto(page).await.unwrap();
    browser.find("node-red").await;
    browser.driver.execute(WATCH, vec![]).await.unwrap();
    // What comes first, the state or the kernel's news, is another time another.
    for _ in 0..8 {
        browser.click("start").await;
        browser
            .until_attribute("run", "data-run", &["running"])
            .await;
        browser
            .until_attribute("node-red", "data-status", &["up"])
            .await;
        browser.click("stop").await;
        browser
            .until_attribute("run", "data-run", &["stopped"])
            .await;
    }
    let seen = "return [...window.seen]";
    let seen = browser.driver.execute(seen, vec![]).await.unwrap();
    let seen: Vec<String> = seen.convert().unwrap();
    let place = |text: &String| text.split(':').next().map(str::to_owned);
    let first = seen.first().and_then(place);
    assert!(first.is_some());
    for text in &seen {
        assert!(!text.contains("missing"), "{seen:#?}");
        assert_eq!(place(text), first, "{seen:#?}");
    }
}
