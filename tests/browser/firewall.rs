//! A firewall is written, refused, applied and counted.

use thirtyfour::prelude::*;

use crate::person::Person;

#[tokio::test]
async fn a_ready_made_part_filters_counts_and_a_mistake_is_told_with_its_line() {
    let person = Person::at("browser-firewall", "bridged").await;
    let browser = &person.browser;
    let ping = "ping -c1 -W1 10.0.0.1";
    assert!(person.run("blue", ping).contains(" 0% packet loss"));
    browser.click("node-red").await;
    person
        .click("//*[@id='inspector']//button[normalize-space()='Deny by default']")
        .await;
    // Nothing is applied before the text is left or Ctrl+Enter pressed.
    assert_eq!(person.run("red", "nft list ruleset"), "");
    let text = browser.find("firewall").await;
    text.send_keys(Key::Control + Key::Enter).await.unwrap();
    person
        .until_kernel("red", "nft list ruleset", |rules| {
            rules.contains("hook input priority filter; policy drop;")
        })
        .await;
    let refused = person.run("blue", "ping -c2 -i0.2 -W1 10.0.0.1");
    assert!(!refused.contains("ttl="), "{refused}");
    // What its rules count is read while one looks.
    assert!(
        person
            .run("red", "ping -c3 -i0.2 10.0.0.2")
            .contains(" 0% packet loss")
    );
    browser
        .until_text("[data-testid=firewall-counters] .count", "3")
        .await;
    browser.shoot("20-firewall").await;

    // A mistake: the place is told, and the kernel keeps what it had.
    text.click().await.unwrap();
    text.send_keys(Key::Control + Key::End).await.unwrap();
    text.send_keys("\ntable ip broken { chain c { tcp dprot 80 accept } }")
        .await
        .unwrap();
    text.send_keys(Key::Control + Key::Enter).await.unwrap();
    // At `dprot`.
    let lines = text.value().await.unwrap().unwrap().lines().count();
    browser
        .until_text(
            "[data-testid=firewall-error]",
            &format!("line {lines}, column 33:"),
        )
        .await;
    browser.shoot("21-firewall-refused").await;
    let rules = person.run("red", "nft list ruleset");
    assert!(
        rules.contains("policy drop;") && !rules.contains("broken"),
        "{rules}"
    );

    // Undo takes the mistake back; undo again, the firewall.
    for _ in 0..2 {
        browser.click("undo").await;
    }
    person
        .until_kernel("red", "nft list ruleset", str::is_empty)
        .await;
    browser
        .until_attribute("node-red", "data-status", &["up"])
        .await;
    assert!(person.run("blue", ping).contains(" 0% packet loss"));
}
