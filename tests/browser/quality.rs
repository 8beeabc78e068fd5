//! The quality of a link, one direction at a time.

use serde_json::Value;

use crate::person::Person;

pub(crate) async fn a_rate_is_set_refused_and_taken_away_and_what_is_missing_is_told(
    person: &Person,
) {
    let browser = &person.browser;
    person.select("veth-red").await;
    let red = Person::interface("red/veth-red");
    let form = person.unfold(&red, "Quality").await;
    person.enter(&form, "rate", "fast").await;
    person.until_refused(&form, "rate", "fast").await;
    assert!(
        !person
            .run("red", "tc qdisc show dev veth-red")
            .contains("tbf")
    );
    person.enter(&form, "rate", "8mbit").await;
    person
        .until_kernel("red", "tc qdisc show dev veth-red", |shown| {
            shown.contains("tbf") && shown.contains("rate 8Mbit")
        })
        .await;
    // The other direction stays as it was; the sign is on the end that it is set on.
    assert!(
        !person
            .run("host", "tc qdisc show dev br-red")
            .contains("tbf")
    );
    browser.find("quality-red-veth-red").await;
    assert_eq!(browser.count("[data-testid=quality-host-br-red]").await, 0);
    browser.shoot("22-quality").await;

    let features: Vec<Value> = person.yard.get("/api/v1/features");
    let has_netem = features.iter().any(|feature| {
        let name = feature["name"].as_str().unwrap_or_default();
        name.contains("netem") && feature["available"] == true
    });
    let delay = person.field(&form, "delay").await;
    assert_eq!(delay.is_enabled().await.unwrap(), has_netem);
    if has_netem {
        person.enter(&form, "delay", "7ms").await;
        let shows = |shown: &str| shown.contains("netem") && shown.contains("delay 7ms");
        person
            .until_kernel("red", "tc qdisc show dev veth-red", shows)
            .await;
        person.enter(&form, "delay", "").await;
    } else {
        let told = person
            .at_path(&format!("{form}//p[contains(.,'netem')]"))
            .await;
        let told = told.text().await.unwrap();
        assert!(told.contains("modprobe sch_netem"), "{told}");
    }

    person.enter(&form, "rate", "").await;
    person
        .until_kernel("red", "tc qdisc show dev veth-red", |shown| {
            !shown.contains("tbf") && !shown.contains("netem")
        })
        .await;
    browser
        .until_count("[data-testid=quality-red-veth-red]", 0)
        .await;
}
