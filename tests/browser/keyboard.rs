//! Keys do what they say where they are pressed, and nothing elsewhere.

use support::Yard;
use support::browser::Browser;
use thirtyfour::prelude::*;

async fn open(mark: &str) -> (Yard, Browser) {
    let yard = Yard::start(mark);
    let lab = yard.create_example("bridged");
    let browser = Browser::start(1440, 900).await;
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find_css(&format!("[data-lab=\"{lab}\"]")).await;
    let page = format!("{}/labs/{lab}", yard.origin);
    browser.driver.goto(page).await.unwrap();
    browser
        .until_attribute("canvas", "data-ready", &["true"])
        .await;
    (yard, browser)
}

/// Gives the focus to the first element that matches.
async fn focus(browser: &Browser, css: &str) {
    browser.find_css(css).await;
    let script = format!("document.querySelector({css:?}).focus()");
    browser.driver.execute(script, vec![]).await.unwrap();
}

async fn press(browser: &Browser, key: Key) {
    let keys = browser.driver.action_chain().send_keys(key);
    keys.perform().await.unwrap();
}

async fn undo(browser: &Browser) {
    let keys = browser.driver.action_chain().key_down(Key::Control);
    let keys = keys.send_keys("z").key_up(Key::Control);
    keys.perform().await.unwrap();
}

/// What a script returns, as text.
async fn ask(browser: &Browser, script: &str) -> String {
    let answer = browser.driver.execute(script, vec![]).await.unwrap();
    answer.json().to_string()
}

async fn place_of(browser: &Browser, testid: &str) -> Option<String> {
    let node = browser.find(testid).await;
    node.attr("transform").await.unwrap()
}

#[tokio::test]
async fn enter_goes_on_to_a_field_and_never_deletes() {
    let (_yard, browser) = open("keyboard-enter").await;
    focus(&browser, "[data-testid=node-red]").await;
    for _ in 0..3 {
        press(&browser, Key::Enter).await;
    }
    let focused = "return document.activeElement.matches('#inspector input.mono')";
    assert_eq!(ask(&browser, focused).await, "true");
    assert_eq!(browser.count("[data-testid=node-red]").await, 1);
}

#[tokio::test]
async fn the_canvas_has_its_keys_and_the_others_theirs() {
    let (_yard, browser) = open("keyboard-focus").await;
    browser.click("node-red").await;
    let place = place_of(&browser, "node-red").await;
    // A button has the focus.
    browser.click("tab-commands").await;
    press(&browser, Key::Delete).await;
    press(&browser, Key::Down).await;
    // A text that scrolls has it.
    focus(&browser, "pre.script").await;
    press(&browser, Key::Down).await;
    press(&browser, Key::Backspace).await;
    assert_eq!(place_of(&browser, "node-red").await, place);
    // The card itself.
    focus(&browser, "[data-testid=node-red]").await;
    press(&browser, Key::Down).await;
    assert_ne!(place_of(&browser, "node-red").await, place);
    // Undo needs no canvas.
    focus(&browser, "#tab-commands").await;
    undo(&browser).await;
    assert_eq!(place_of(&browser, "node-red").await, place);
    focus(&browser, "[data-testid=node-red]").await;
    press(&browser, Key::Delete).await;
    browser
        .until_attribute("saved", "data-saved", &["yes"])
        .await;
    assert_eq!(browser.count("[data-testid=node-red]").await, 0);
}

#[tokio::test]
async fn a_switch_can_be_taken_back_by_keys() {
    let (_yard, browser) = open("keyboard-switch").await;
    browser.click("node-red").await;
    let switch = browser.find_css("#inspector .switch").await;
    switch.click().await.unwrap();
    let checked = "return document.querySelector('#inspector .switch input').checked";
    assert_eq!(ask(&browser, checked).await, "true");
    undo(&browser).await;
    assert_eq!(ask(&browser, checked).await, "false");
}

#[tokio::test]
async fn the_space_bar_pans_whatever_was_clicked_before() {
    let (_yard, browser) = open("keyboard-space").await;
    let place = place_of(&browser, "node-red").await;
    browser.click("tab-capture").await;
    let (x, y) = browser.middle("node-red").await;
    let drag = browser.driver.action_chain().move_to(x, y - 4);
    let drag = drag.move_to(x, y).key_down(' ').click_and_hold();
    let drag = drag.move_to(x + 30, y + 20).move_to(x + 60, y + 40);
    drag.release().key_up(' ').perform().await.unwrap();
    assert_eq!(
        place_of(&browser, "node-red").await,
        place,
        "the card stays on the canvas"
    );
    let (moved_x, moved_y) = browser.middle("node-red").await;
    assert_eq!((moved_x - x, moved_y - y), (60, 40));
}
