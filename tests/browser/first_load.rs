//! What is fetched to show the yard, and the editor, which is fetched after it.

use support::Yard;
use support::browser::Browser;

/// What may be fetched before the yard is shown, in bytes as they travel.
const BUDGET: u64 = 350_000;

/// The size of every file that the page has fetched, as it travelled, each once.
const FETCHED: &str = "
    const sizes = new Map();
    for (const kind of ['navigation', 'resource']) {
        for (const entry of performance.getEntriesByType(kind)) {
            if (new URL(entry.name).pathname.startsWith('/api/')) continue;
            const before = sizes.get(entry.name) ?? 0;
            sizes.set(entry.name, Math.max(before, entry.encodedBodySize));
        }
    }
    return [...sizes.entries()];";

#[tokio::test]
async fn the_yard_comes_without_the_editor_and_a_lab_can_ask_for_it_again() {
    let yard = Yard::start("first-load");
    let lab = yard.create_example("article");
    let row = format!("[data-lab=\"{lab}\"] a");
    let browser = Browser::start(1440, 900).await;
    let editor = ["*/split_editor.wasm"];

    browser.block(&editor).await;
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find_css(&row).await;
    browser.find("example-article").await;
    let fetched = browser.driver.execute(FETCHED, vec![]).await.unwrap();
    let fetched: Vec<(String, u64)> = fetched.convert().unwrap();
    let came = |ending: &str| {
        fetched
            .iter()
            .any(|(name, size)| name.ends_with(ending) && *size > 0)
    };
    assert!(came("/app_bg.wasm") && came("/app.js"), "{fetched:?}");
    assert!(!came("/split_editor.wasm"), "{fetched:?}");
    let total = fetched.iter().map(|(_, size)| size).sum::<u64>();
    assert!(total <= BUDGET, "{total} bytes: {fetched:?}");

    // Without the editor, a lab says what is missing and how to go on.
    browser.find_css(&row).await.click().await.unwrap();
    browser.find("editor-missing").await;
    browser.shoot("10-editor-missing").await;
    browser.click("try-again").await;
    browser.find("editor-missing").await;
    browser.block(&[]).await;
    browser.click("try-again").await;
    browser.find("node-red").await;

    // The same when the page of the lab is the first one.
    browser.driver.refresh().await.unwrap();
    browser.find("node-red").await;
    browser.block(&editor).await;
    browser.driver.refresh().await.unwrap();
    browser.find("editor-missing").await;
}
