//! The front end of Netyard: a Leptos single-page application, compiled to WebAssembly.
//!
//! - [`editor`]: the document as this browser holds it, and what changes it;
//! - [`canvas`]: what is drawn where, and what pointers do to it;
//! - [`panels`]: the inspector and the dock;
//! - [`live`]: the socket, pings and captures as they stream in;
//! - [`yard`]: the list of labs, the gallery of examples, signing in;
//! - [`split`]: what is in the file that the page starts with, and what is fetched for a lab.
//!
//! Logic is in plain types that are tested natively; components read signals and call them.

#![allow(
    unreachable_pub,
    reason = "what #[component] makes of a pub(crate) function is pub"
)]

mod canvas;
mod crash;
mod editor;
mod http;
mod icons;
mod imported;
mod lab_page;
mod live;
mod opening;
mod panels;
mod root;
mod route;
mod split;
mod testids;
mod theme;
mod toast;
mod yard;

fn main() {
    crash::show_panics();
    leptos::mount::mount_to_body(root::Root);
}
