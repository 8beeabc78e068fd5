//! The switch of the way out.

use support::Yard;

use crate::person::Person;

#[tokio::test]
async fn where_it_is_not_allowed_the_switch_is_off_and_says_what_to_do() {
    let person = Person::at("browser-no-uplink", "bridged").await;
    person.select("host").await;
    let switch = person.browser.find("uplink").await;
    assert!(!switch.is_enabled().await.unwrap());
    let told = person
        .at_path("//*[@id='inspector']//p[contains(.,'No uplink')]")
        .await;
    let told = told.text().await.unwrap();
    assert!(told.contains("--allow-uplink"), "{told}");
    // What has been done already is not asked for again.
    assert!(!told.contains("install pasta"), "{told}");
}

#[tokio::test]
async fn where_it_is_allowed_the_switch_makes_and_unmakes_it() {
    let yard = Yard::start_with("browser-uplink", &["--allow-uplink"]);
    let person = Person::at_yard(yard, "bridged").await;
    person.select("host").await;
    let switch = "//*[@data-testid='uplink']/following-sibling::span[@class='track']";
    person.click(switch).await;
    person
        .until_kernel("host", "ip route", |routes| {
            routes.contains("default via 100.64.0.1 dev uplink0")
        })
        .await;
    person
        .at_path("//*[@id='inspector']//p[starts-with(.,'Running: uplink0')]")
        .await;
    person.browser.shoot("26-uplink").await;
    person.click(switch).await;
    person
        .until_kernel("host", "ip link", |links| !links.contains("uplink0"))
        .await;
    person
        .browser
        .until_attribute("node-host", "data-status", &["up"])
        .await;
}
