//! Prints the row of each packet of a capture file.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use packet::conversation::Conversations;
use packet::pcapng::Reader;
use packet::row::{Colouring, row};
use packet::tree::Context;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let file = std::fs::read(path)?;
    let mut conversations = Conversations::default();
    let mut colours = Colouring::default();
    for (i, packet) in Reader::new(&file)?.enumerate() {
        let packet = packet?;
        let context = Context {
            number: Some(i as u32 + 1),
            stream: conversations.next(packet.link, packet.record),
            ..Context::default()
        };
        let row = row(packet.link, packet.record, &context);
        let rule = colours.rule(packet.link, packet.record, &context);
        let rule = rule.map_or("", |rule| rule.name());
        println!(
            "{}\t{}\t{}\t{}\t{}\t{rule}",
            row.source, row.destination, row.protocol, row.length, row.info
        );
    }
    Ok(())
}
