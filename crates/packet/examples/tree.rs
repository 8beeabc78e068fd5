//! Prints the tree of each packet of a capture file.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use packet::conversation::Conversations;
use packet::pcapng::Reader;
use packet::tree::{Context, dissect};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let file = std::fs::read(path)?;
    let mut conversations = Conversations::default();
    for (i, packet) in Reader::new(&file)?.enumerate() {
        let packet = packet?;
        let context = Context {
            number: Some(i as u32 + 1),
            stream: conversations.next(packet.link, packet.record),
            ..Context::default()
        };
        let data = packet.record.data;
        let tree = dissect(packet.link, packet.record, &context);
        for (index, node) in tree.nodes.iter().enumerate() {
            println!(
                "{}{}\t{}\t{}\t{}\t{}",
                "  ".repeat(node.level.into()),
                node.field.name,
                node.offset,
                node.length,
                node.text(data),
                tree.label(index, data)
            );
        }
        println!();
    }
    Ok(())
}
