//! `netyard decode FILE.pcap`.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use packet::pcapng::Reader;
use packet::text::{Options, Printer, Time};

use super::{NOT_RUN, WRONG_USE, complain};

/// What `netyard decode` takes.
#[derive(clap::Args, Debug)]
pub(super) struct DecodeArguments {
    /// A pcap or pcapng file.
    file: PathBuf,
}

pub(super) fn main(arguments: &DecodeArguments) -> ExitCode {
    let name = arguments.file.display();
    let bytes = match std::fs::read(&arguments.file) {
        Ok(bytes) => bytes,
        Err(error) => {
            complain(&format!("could not read {name}: {error}"));
            return ExitCode::from(WRONG_USE);
        }
    };
    let reader = match Reader::new(&bytes) {
        Ok(reader) => reader,
        Err(error) => {
            complain(&format!("could not read {name}: {error}"));
            return ExitCode::from(WRONG_USE);
        }
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let outcome = print(reader, &mut out);
    match outcome.and_then(|()| out.flush().map_err(Failure::Write)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Write(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Write(error)) => {
            complain(&format!("could not write to standard output: {error}"));
            ExitCode::from(NOT_RUN)
        }
        Err(Failure::Read(error)) => {
            // What came before has been printed, as tcpdump does.
            let _ = out.flush();
            complain(&format!("{name}: {error}"));
            ExitCode::FAILURE
        }
    }
}

enum Failure {
    Read(packet::pcapng::Error),
    Write(std::io::Error),
}

fn print(reader: Reader<'_>, out: &mut impl Write) -> Result<(), Failure> {
    let mut printer = Printer::new(Options::default());
    let zone = jiff::tz::TimeZone::system();
    for packet in reader {
        let packet = packet.map_err(Failure::Read)?;
        let seconds = i64::try_from(packet.record.at.seconds()).unwrap_or(i64::MAX);
        // Beyond what a calendar holds, UTC is as good as any.
        let at = jiff::Timestamp::from_second(seconds).unwrap_or_default();
        let time = Time::Clock(zone.to_offset(at).seconds());
        if printer.options().time != time {
            printer.set_options(Options {
                time,
                ..Options::default()
            });
        }
        let line = printer.line(packet.link, packet.record);
        writeln!(out, "{line}").map_err(Failure::Write)?;
    }
    Ok(())
}
