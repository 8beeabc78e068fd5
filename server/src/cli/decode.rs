//! `netyard decode FILE.pcap`.

use std::io::{BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use packet::conversation::Conversations;
use packet::filter::Filter;
use packet::pcapng::Reader;
use packet::text::{Dump, Options, Printer, Time};
use packet::tree::Context;

use super::{NOT_RUN, WRONG_USE, complain};

/// What `netyard decode` takes. The letters mean what they mean to `tcpdump` and `tshark`; names are never
/// looked up, as with `tcpdump -nn`.
#[derive(clap::Args, Debug)]
pub(super) struct DecodeArguments {
    /// A pcap or pcapng file; `-` is standard input.
    file: PathBuf,
    /// Only packets that pass this display filter, such as `tcp.port == 80 and ip.addr == 10.0.0.0/24`.
    #[arg(short = 'Y', long, value_name = "FILTER")]
    filter: Option<String>,
    /// More detail; twice for still more.
    #[arg(short, action = clap::ArgAction::Count)]
    verbose: u8,
    /// The link-layer header too.
    #[arg(short = 'e')]
    link: bool,
    /// The bytes of each packet in hexadecimal; twice for the link-layer header's too.
    #[arg(short = 'x', action = clap::ArgAction::Count)]
    hex: u8,
    /// The bytes in hexadecimal and ASCII; twice for the link-layer header's too.
    #[arg(short = 'X', action = clap::ArgAction::Count, conflicts_with = "hex")]
    ascii: u8,
    /// No time stamp; twice for seconds since 1970, four times for the date too.
    #[arg(short = 't', action = clap::ArgAction::Count)]
    time: u8,
    /// Taken because hands type it: numbers are always printed as numbers.
    #[arg(short = 'n', action = clap::ArgAction::Count, hide = true)]
    numbers: u8,
}

impl DecodeArguments {
    /// The same for the printer. Local time is `ahead` seconds ahead of UTC.
    fn options(&self, ahead: i32) -> Result<Options, String> {
        let time = match self.time {
            0 => Time::Clock(ahead),
            1 => Time::None,
            2 => Time::Epoch,
            4 => Time::Date(ahead),
            _ => return Err("-t is given once, twice or four times".to_owned()),
        };
        let dump = match (self.hex, self.ascii) {
            (0, 0) => Dump::None,
            (1, _) => Dump::Hex,
            (0, 1) => Dump::Ascii,
            (0, _) => Dump::AsciiAll,
            (_, _) => Dump::HexAll,
        };
        Ok(Options {
            time,
            verbose: self.verbose,
            link: self.link,
            dump,
            one_line: false,
        })
    }
}

pub(super) fn main(arguments: &DecodeArguments) -> ExitCode {
    match decode(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Use(problem)) => {
            complain(&problem);
            ExitCode::from(WRONG_USE)
        }
        Err(Failure::Write(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Write(error)) => {
            complain(&format!("could not write to standard output: {error}"));
            ExitCode::from(NOT_RUN)
        }
        Err(Failure::Read(error)) => {
            complain(&format!("{}: {error}", arguments.file.display()));
            ExitCode::FAILURE
        }
    }
}

enum Failure {
    /// What was asked for makes no sense.
    Use(String),
    Read(packet::pcapng::Error),
    Write(std::io::Error),
}

fn decode(arguments: &DecodeArguments) -> Result<(), Failure> {
    arguments.options(0).map_err(Failure::Use)?;
    let filter = arguments.filter.as_deref().map(filter).transpose();
    let filter = filter.map_err(Failure::Use)?;
    let unread = |error: &dyn std::fmt::Display| {
        Failure::Use(format!(
            "could not read {}: {error}",
            arguments.file.display()
        ))
    };
    let bytes = bytes(&arguments.file).map_err(|error| unread(&error))?;
    let reader = Reader::new(&bytes).map_err(|error| unread(&error))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let outcome = print(arguments, filter, reader, &mut out);
    // What came before a failure has been printed, as tcpdump does.
    let flushed = out.flush().map_err(Failure::Write);
    outcome.and(flushed)
}

fn bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A filter, or what is wrong with it, with the place marked.
fn filter(text: &str) -> Result<Filter, String> {
    Filter::new(text).map_err(|error| {
        let before = text.get(..error.at.start).unwrap_or(text).chars().count();
        let marked = text.get(error.at.clone()).unwrap_or_default();
        let marks = "^".repeat(marked.chars().count().max(1));
        format!(
            "the filter: {error}\n  {text}\n  {}{marks}",
            " ".repeat(before)
        )
    })
}

fn print(
    arguments: &DecodeArguments,
    mut filter: Option<Filter>,
    reader: Reader<'_>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut printer = Printer::new(Options::default());
    let mut conversations = Conversations::default();
    let zone = jiff::tz::TimeZone::system();
    for (packet, number) in reader.zip(1..) {
        let packet = packet.map_err(Failure::Read)?;
        let seconds = i64::try_from(packet.record.at.seconds()).unwrap_or(i64::MAX);
        // Beyond what a calendar holds, UTC is as good as any.
        let at = jiff::Timestamp::from_second(seconds).unwrap_or_default();
        let options = arguments.options(zone.to_offset(at).seconds());
        let options = options.map_err(Failure::Use)?;
        if printer.options() != &options {
            printer.set_options(options);
        }
        // Every packet is printed, so that sequence numbers count from where a conversation began.
        let line = printer.line(packet.link, packet.record);
        if let Some(filter) = &mut filter {
            let context = Context {
                number: Some(number),
                stream: conversations.next(packet.link, packet.record),
                ..Context::default()
            };
            if !filter.matches(packet.link, packet.record, &context) {
                continue;
            }
        }
        writeln!(out, "{line}").map_err(Failure::Write)?;
    }
    Ok(())
}
