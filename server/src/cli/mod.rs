//! The command line: one file a command.

mod check;
mod convert;
mod decode;
mod doctor;
mod exec;
mod file;
mod ping;
mod plan;
mod run;
mod test;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use topology::terminal::Safe;

/// Exit code of wrong use, as clap has it: an unknown option, a file that cannot be read.
pub const WRONG_USE: u8 = 2;

/// Exit code when Netyard itself could not do what was asked, where a command's own exit code is
/// expected otherwise; the same as of `env`, `timeout` and `docker run`.
pub const NOT_RUN: u8 = 125;

/// A yard for networks: draw namespaces, bridges and cables in the browser, and the Linux kernel
/// runs them.
#[derive(Parser, Debug)]
#[command(name = "netyard", version, arg_required_else_help = false)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Verb>,
    #[command(flatten)]
    serve: ServeArguments,
}

/// What `netyard serve` takes; `netyard` alone is the same.
#[derive(clap::Args, Clone, Debug)]
pub struct ServeArguments {
    /// Where to listen: a loopback address and a port, 0 for any free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7800")]
    pub listen: SocketAddr,
    /// Where the labs are kept; by default netyard in $XDG_DATA_HOME or in ~/.local/share.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Do not open a browser.
    #[arg(long)]
    pub no_browser: bool,
    /// Let labs have an uplink to the networks that this machine reaches; its loopback is not among
    /// them.
    #[arg(long)]
    pub allow_uplink: bool,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Run the yard: prints one line with its URL and secret, and opens the browser if it can.
    Serve(ServeArguments),
    /// Bring a lab up in a fresh sandbox, run a command in it, take it down.
    Run(run::RunArguments),
    /// Run a command in a namespace of a lab that runs in this user's yard.
    Exec(exec::ExecArguments),
    /// Bring a lab up in a fresh sandbox, and ping every address from every namespace; exit 1 if a
    /// pair does not reach each other.
    Ping(ping::PingArguments),
    /// Bring a lab up in a fresh sandbox, and check what it expects; exit 1 if something does not
    /// hold.
    Test(test::TestArguments),
    /// Print what would be done to bring a lab up, as commands.
    Plan(plan::PlanArguments),
    /// Print the problems of a lab; exit 1 if one of them is an error.
    Check(check::CheckArguments),
    /// Write a lab in another form.
    Convert(convert::ConvertArguments),
    /// Print packets of a capture file as tcpdump does.
    Decode(decode::DecodeArguments),
    /// Say whether this machine can run labs, and what to do if not.
    Doctor(doctor::DoctorArguments),
}

/// Runs the command line to its end.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        None => crate::serve::main(&arguments.serve),
        Some(Verb::Serve(serve)) => crate::serve::main(&serve),
        Some(Verb::Run(run)) => run::main(run),
        Some(Verb::Exec(exec)) => exec::main(exec),
        Some(Verb::Ping(ping)) => ping::main(&ping),
        Some(Verb::Test(test)) => test::main(&test),
        Some(Verb::Plan(plan)) => plan::main(&plan),
        Some(Verb::Check(check)) => check::main(&check),
        Some(Verb::Convert(convert)) => convert::main(&convert),
        Some(Verb::Decode(decode)) => decode::main(&decode),
        Some(Verb::Doctor(doctor)) => doctor::main(&doctor),
    }
}

/// Says on standard error what went wrong.
pub(crate) fn complain(error: &dyn std::fmt::Display) {
    use std::io::Write;
    // With nobody left to tell, the exit code still says it.
    let _ = writeln!(std::io::stderr(), "netyard: {}", Safe(error));
}

/// Writes to standard output what a terminal may show; a reader that has gone (`netyard plan … | head`) ends the program
/// quietly, as a pipe does.
fn print(text: &str) -> ExitCode {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match write!(out, "{}", Safe(text)).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("could not write to standard output: {error}"));
            ExitCode::from(NOT_RUN)
        }
    }
}

/// Prints one JSON value.
fn print_json(value: &impl serde::Serialize) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&(text + "\n")),
        Err(error) => {
            complain(&format!("could not write JSON: {error}"));
            ExitCode::from(NOT_RUN)
        }
    }
}
