//! Settings of the kernel.

use crate::person::Person;

const INSPECTOR: &str = "//*[@id='inspector']";

pub(crate) async fn a_setting_of_a_namespace_and_one_of_an_interface_are_set_and_given_back(
    person: &Person,
) {
    let browser = &person.browser;
    browser.click("node-red").await;
    let form = person.unfold(INSPECTOR, "Settings (sysctl)").await;
    let (name, read) = (
        "net.ipv4.tcp_mtu_probing",
        "sysctl -n net.ipv4.tcp_mtu_probing",
    );
    assert_eq!(person.run("red", read), "0\n");
    person
        .enter(&form, "Set another", &format!("{name}=7"))
        .await;
    person.until_refused(&form, "Set another", "0 to 2").await;
    person
        .enter(&form, "Set another", &format!("{name}=1"))
        .await;
    person
        .until_kernel("red", read, |value| value == "1\n")
        .await;
    // It has a field of its own now.
    person.enter(&form, name, "2").await;
    person
        .until_kernel("red", read, |value| value == "2\n")
        .await;
    person.enter(&form, name, "three").await;
    person.until_refused(&form, name, "three").await;
    browser.shoot("25-settings").await;
    person
        .click(&format!(
            "{form}//button[@aria-label='Leave {name} to the kernel']"
        ))
        .await;
    person
        .until_kernel("red", read, |value| value == "0\n")
        .await;

    person.select("veth-red").await;
    let red = Person::interface("red/veth-red");
    let form = person.unfold(&red, "Settings (sysctl)").await;
    person.enter(&form, "Set another", "ipv4.rp_filter=2").await;
    let read = "sysctl -n net.ipv4.conf.veth-red.rp_filter";
    person
        .until_kernel("red", read, |value| value == "2\n")
        .await;
    browser.click("undo").await;
    person
        .until_kernel("red", read, |value| value == "0\n")
        .await;
}
