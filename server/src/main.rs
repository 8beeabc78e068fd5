//! The program netyard.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Two hidden subcommands come first: both must find the process as exec left it, with one
    // thread and nothing allocated that matters.
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(verb) if verb == kernel::exec::SUBCOMMAND => kernel::exec::node_init_main(arguments),
        Some(verb) if verb == server::agent::SUBCOMMAND => server::agent::service::main(arguments),
        _ => server::cli::main(),
    }
}
