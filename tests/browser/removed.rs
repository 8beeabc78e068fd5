//! What has the focus may be removed, by another person or by leaving the page.

use std::time::{Duration, Instant};

use support::Yard;
use support::browser::{Browser, SHOWN};
use thirtyfour::prelude::*;

async fn until_gone(browser: &Browser, css: &str) {
    let start = Instant::now();
    while browser.count(css).await > 0 {
        assert!(start.elapsed() < SHOWN, "{css} is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn assert_sound(browser: &Browser) {
    assert_eq!(browser.count(".crash").await, 0, "the page has panicked");
    let log = browser.driver.browser_log().await.unwrap_or_default();
    let entries: Vec<_> = log.iter().map(|entry| format!("{entry:?}")).collect();
    let errors: Vec<_> = entries.iter().filter(|e| e.contains("SEVERE")).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[tokio::test]
async fn a_field_that_has_the_focus_goes_with_its_object_or_its_page() {
    let yard = Yard::start("removed");
    let lab = yard.create_example("bridged");
    let row = format!("[data-lab=\"{lab}\"] a");
    let one = Browser::start(1440, 900).await;
    let two = Browser::start(1440, 900).await;
    for browser in [&one, &two] {
        browser.driver.goto(yard.url()).await.unwrap();
        browser.find_css(&row).await.click().await.unwrap();
        browser
            .until_attribute("canvas", "data-ready", &["true"])
            .await;
    }
    // One types the name of green, two deletes it.
    one.click("node-green").await;
    let name = one.find_css("#inspector .field input").await;
    name.click().await.unwrap();
    name.send_keys("x").await.unwrap();
    two.click("node-green").await;
    let keys = two.driver.action_chain().send_keys(Key::Delete);
    keys.perform().await.unwrap();
    until_gone(&one, "[data-testid=node-green]").await;
    until_gone(&one, "#inspector .field input").await;
    assert_sound(&one).await;
    // The page still works.
    one.click("node-red").await;
    one.find_css("#inspector .field input").await;

    // Back, out of the title and out of a field.
    for field in ["[data-testid=title]", "#inspector .field input"] {
        let field = one.find_css(field).await;
        field.click().await.unwrap();
        field.send_keys("x").await.unwrap();
        one.driver.back().await.unwrap();
        one.find("new-lab").await;
        assert_sound(&one).await;
        one.find_css(&row).await.click().await.unwrap();
        one.until_attribute("canvas", "data-ready", &["true"]).await;
        one.click("node-red").await;
    }
}
