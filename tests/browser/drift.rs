//! What others change is seen, accepted or reverted one by one, or all put right.

use thirtyfour::prelude::*;

use crate::person::Person;

#[tokio::test]
async fn each_difference_is_accepted_or_reverted_and_the_lab_put_right() {
    let person = Person::at("browser-drift", "bridged").await;
    let browser = &person.browser;
    let change = |command: &str| assert_eq!(person.run("red", command), "");
    change("ip link set veth-red mtu 1400");
    change("ip addr add 10.9.0.1/24 dev veth-red");
    browser
        .until_attribute("interface-red-veth-red", "data-status", &["drifted"])
        .await;
    // With nothing selected, everything that differs is listed.
    // The line is drawn anew with the second change: it is waited for with both.
    let line = "//*[@data-testid='all-drift']//button[contains(.,'red/veth-red')]\
                [contains(.,'mtu')][contains(.,'address')]";
    person.at_path(line).await;
    browser.shoot("27-drift").await;
    person.click(line).await;

    let button = |verb: &str, what: &str| {
        format!("//*[@id='inspector']//button[starts-with(@aria-label,'{verb} {what}:')]")
    };
    person.click(&button("Accept", "mtu")).await;
    browser.until_count("[data-testid=accept-drift]", 1).await;
    let red = Person::interface("red/veth-red");
    person.until_value(&red, "MTU", "1400").await;
    person.click(&button("Revert", "address")).await;
    person
        .until_kernel("red", "ip -o addr show veth-red", |shown| {
            !shown.contains("10.9.0.1")
        })
        .await;
    browser
        .until_attribute("interface-red-veth-red", "data-status", &["up"])
        .await;
    // What was accepted is the document's: an edit that can be taken back.
    assert!(
        person
            .run("red", "ip link show veth-red")
            .contains("mtu 1400")
    );
    browser.click("undo").await;
    person
        .until_kernel("red", "ip link show veth-red", |shown| {
            shown.contains("mtu 1500")
        })
        .await;

    // Many at once: all put right by one button.
    let number = 12;
    for n in 0..number {
        change(&format!("ip addr add 10.{n}.9.1/24 dev veth-red"));
    }
    assert_eq!(person.run("blue", "ip link set veth-blue mtu 1300"), "");
    browser
        .until_attribute("interface-blue-veth-blue", "data-status", &["drifted"])
        .await;
    let page = browser.find_css("body").await;
    page.send_keys(Key::Escape).await.unwrap();
    browser
        .until_count("[data-testid=all-drift] .pick-entry", 2)
        .await;
    browser.click("put-right").await;
    person
        .until_kernel("red", "ip -o -4 addr show veth-red", |shown| {
            shown.lines().count() == 1
        })
        .await;
    person
        .until_kernel("blue", "ip link show veth-blue", |shown| {
            shown.contains("mtu 1500")
        })
        .await;
    browser.until_count("[data-testid=all-drift]", 0).await;
}
