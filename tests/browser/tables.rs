//! The VLANs of a port, and static entries of its bridge's forwarding table.

use serde_json::Value;

use crate::person::Person;

const MAC: &str = "02:00:00:00:00:07";

pub(crate) async fn an_entry_is_added_and_removed_and_vlans_are_set_or_their_lack_told(
    person: &Person,
) {
    person.select("veth-red").await;
    let port = Person::interface("host/br-red");
    let form = person.unfold(&port, "VLANs and addresses").await;
    person
        .enter(&form, "Add MAC behind it", "02:00:00:00:00")
        .await;
    person
        .until_refused(&form, "Add MAC behind it", "02:00:00:00:00")
        .await;
    person.enter(&form, "Add MAC behind it", MAC).await;
    let is_there = |shown: &str| {
        let mut lines = shown.lines();
        lines.any(|line| line.starts_with(MAC) && line.contains("static"))
    };
    person
        .until_kernel("host", "bridge fdb show dev br-red", is_there)
        .await;
    person
        .click(&format!(
            "{form}//button[@aria-label='Remove the entry {MAC}']"
        ))
        .await;
    person
        .until_kernel("host", "bridge fdb show dev br-red", |shown| {
            !is_there(shown)
        })
        .await;

    let features: Vec<Value> = person.yard.get("/api/v1/features");
    let has_vlans = features
        .iter()
        .any(|f| f["name"] == "VLAN filtering of bridges" && f["available"] == true);
    if has_vlans {
        person.enter(&form, "VLANs", "10 pvid untagged, 20").await;
        person
            .until_kernel("host", "bridge vlan show dev br-red", |shown| {
                shown.contains("10 PVID Egress Untagged") && shown.contains("20")
            })
            .await;
    } else {
        let told = person
            .at_path(&format!("{form}//p[contains(.,'VLAN')]"))
            .await;
        let told = told.text().await.unwrap();
        assert!(told.contains("CONFIG_BRIDGE_VLAN_FILTERING"), "{told}");
    }
    person.browser.shoot("24-tables").await;
}
