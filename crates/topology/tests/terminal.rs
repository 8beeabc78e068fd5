//! Nothing that a reader says lets what it has read command a terminal.

use proptest::prelude::*;
use topology::import::File;
use topology::read::read_files;
use topology::terminal::is_command;

/// A file of each form that is read, by the name that it usually has.
const FILES: [(&str, &str); 10] = [
    (
        "lab.yaml",
        include_str!("../../../public/labs/article.yaml"),
    ),
    (
        "lab.yaml",
        include_str!("../../../public/labs/firewall.yaml"),
    ),
    (
        "article.sh",
        include_str!("../../../public/labs/article.sh"),
    ),
    ("loops.sh", include_str!("scripts/loops.sh")),
    ("lab.clab.yml", include_str!("import/lab.clab.yml")),
    ("compose.yml", include_str!("import/compose.yml")),
    ("netplan.yaml", include_str!("import/netplan.yaml")),
    ("miniedit.mn", include_str!("import/miniedit.mn")),
    ("graph.dot", include_str!("import/graph.dot")),
    ("flowchart.mmd", include_str!("import/flowchart.mmd")),
];

/// A terminal's title, its answer-back, a cleared screen, a line overwritten, and half a sequence.
const COMMANDS: [&str; 6] = [
    "\u{1b}]0;x\u{7}",
    "\u{1b}[5n",
    "\u{9b}2J",
    "\r",
    "\u{8}",
    "\u{1b}",
];

/// Puts it into a text as often as it is told where: at the beginning of a word there, at its end,
/// or, as JSON and YAML write it, behind a backslash.
fn struck(text: &str, command: &str, places: &[prop::sample::Index]) -> String {
    let words: Vec<(usize, &str)> = text
        .split_whitespace()
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .collect();
    let mut at: Vec<usize> = places
        .iter()
        .enumerate()
        .map(|(number, place)| {
            let (start, word) = words[place.index(words.len())];
            if number % 2 == 0 {
                start + word.len()
            } else {
                start
            }
        })
        .collect();
    at.sort_unstable();
    let mut struck = String::new();
    let mut from = 0;
    for place in at {
        struck.push_str(&text[from..place]);
        struck.push_str(command);
        from = place;
    }
    struck + &text[from..]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_reader_says_what_commands_a_terminal(
        file in prop::sample::select(FILES.to_vec()),
        command in prop::sample::select(COMMANDS.to_vec()),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        escaped in any::<bool>(),
        named in any::<bool>(),
    ) {
        let (name, text) = file;
        // `\e` is YAML's, `\u001b` is JSON's; a shell's `$'\e'` is both of them to its own reader.
        let written = match escaped {
            true => "\"\\u001b[5n\\e\"",
            false => command,
        };
        let text = struck(text, written, &places);
        let path = if named { format!("{command}{name}") } else { name.to_owned() };
        let other = File { path: format!("lib{command}.sh"), bytes: text.clone().into_bytes() };
        let file = File { path, bytes: text.into_bytes() };
        for files in [vec![file.clone()], vec![file, other]] {
            let said = match read_files(&files) {
                Ok(read) => read.report.to_string(),
                Err(error) => error.to_string(),
            };
            prop_assert!(!said.contains(is_command), "{:?}", said);
        }
    }
}

/// The random ones are refused and quoted often enough to mean something.
#[test]
fn what_is_quoted_is_quoted_safely() {
    for (path, text, said) in [
        ("x.sh", "ip link add \u{1b}[31mred type veth", "\\u001b[31m"),
        (
            "x.yaml",
            "netyard: 1\nnamespaces: { \"\\e[31m\": {} }",
            "\\u001b[31m",
        ),
        ("\u{1b}c.yml", "services: { a: { networks: [none] } }", ""),
    ] {
        let file = File {
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        let error = read_files(&[file]).unwrap_err().to_string();
        assert!(
            !error.contains(is_command) && error.contains(said),
            "{error:?}"
        );
    }
}
