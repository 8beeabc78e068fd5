//! Routes and policy rules of a namespace, by keyboard alone once the form is there.

use thirtyfour::prelude::*;

use crate::person::Person;

const INSPECTOR: &str = "//*[@id='inspector']";

pub(crate) async fn a_route_and_a_rule_are_added_refused_and_removed(person: &Person) {
    let browser = &person.browser;
    browser.click("node-red").await;

    // The focus is in the form when it opens: text, Tab, text, Enter.
    let add = format!("{INSPECTOR}//section[h3[starts-with(normalize-space(),'Routes')]]//button");
    person.click(&add).await;
    let form = format!("{INSPECTOR}//form[@class='route-form']");
    let keys = |keys: TypingData| browser.driver.action_chain().send_keys(keys);
    person.at_path(&form).await;
    let to = person.field(&form, "To").await;
    to.send_keys(Key::Control + "a").await.unwrap();
    keys("10.7.0.0/16".into()).perform().await.unwrap();
    keys(Key::Tab + "10.0.0.77").perform().await.unwrap();
    keys(Key::Enter + "").perform().await.unwrap();
    person
        .until_kernel("red", "ip route", |routes| {
            routes.contains("10.7.0.0/16 via 10.0.0.77 dev veth-red")
        })
        .await;
    browser.until_count(".route-form", 0).await;

    // A gateway that is none is told in the form, which stays; Escape closes it.
    person.click(&add).await;
    person
        .field(&form, "Via")
        .await
        .send_keys("10.0.0")
        .await
        .unwrap();
    keys(Key::Enter + "").perform().await.unwrap();
    person.until_refused(&form, "Via", "10.0.0").await;
    keys(Key::Escape + "").perform().await.unwrap();
    browser.until_count(".route-form", 0).await;

    // A rule.
    let rules = person.unfold(INSPECTOR, "Policy rules").await;
    person
        .enter(&rules, "Add rule", "from 10.8.0.0/16 look 7")
        .await;
    person.until_refused(&rules, "Add rule", "look").await;
    person
        .enter(&rules, "Add rule", "from 10.8.0.0/16 lookup 107")
        .await;
    person
        .until_kernel("red", "ip rule", |all| {
            all.contains("from 10.8.0.0/16 lookup 107")
        })
        .await;
    browser.shoot("23-routes").await;

    for noun in ["route", "rule"] {
        let remove = format!("{INSPECTOR}//button[starts-with(@aria-label,'Remove the {noun} ')]");
        person.click(&remove).await;
    }
    person
        .until_kernel("red", "ip rule", |all| !all.contains("10.8.0.0"))
        .await;
    person
        .until_kernel("red", "ip route", |all| !all.contains("10.7.0.0"))
        .await;
}
