//! Build, run, test and bench tasks: `cargo xtask build`, `run`, `test`, `bench`.
//!
//! Each finds out by itself what is missing on this machine and installs it when it may.
#![allow(
    clippy::print_stdout,
    reason = "a command line program: its output is its purpose"
)]

mod bench;
mod bench_capture;
mod bench_packet;
mod bench_reach;
mod counts;
mod dependencies;
mod front;
mod fuzz;
mod goal;
mod install;
mod leftovers;
mod prerequisites;
mod process;
mod program;
mod purity;
mod report;
mod size;
mod stages;
mod style;
mod system;
mod test;
mod unprivileged;
mod versions;
mod vm;
mod wasm_toolchain;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::install::Consent;
use crate::program::Mode;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Build, run and test Netyard",
    bin_name = "cargo xtask"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build target/release/netyard: one file, with the front end inside
    Build(BuildArgs),
    /// Build, then start `netyard serve` with the arguments after `--`
    Run {
        #[command(flatten)]
        build: BuildArgs,
        /// Arguments for `netyard serve`
        #[arg(last = true)]
        serve: Vec<String>,
    },
    /// Install what is missing and run all checks and tests
    Test {
        #[command(flatten)]
        install: InstallArgs,
        /// Only these stages, separated by commas (with those that they need)
        #[arg(long, value_delimiter = ',', value_name = "STAGE")]
        only: Vec<stages::Stage>,
        /// List the stages and end
        #[arg(long)]
        list: bool,
    },
    /// Measure what there are budgets for, side by side with the peers
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
    /// Run a test program as the test user: cargo's runner when root runs the tests
    #[command(hide = true)]
    AsTestUser(unprivileged::RunnerArgs),
    /// Run test programs inside of the virtual machine of the stage `vm`
    #[command(hide = true)]
    InVm(vm::GuestArgs),
}

#[derive(Subcommand)]
enum Bench {
    /// Stars of namespaces on one bridge, single edits, drift, idling
    Engine(bench::EngineArgs),
    /// Who reaches whom in stars of namespaces
    Reach(bench_reach::ReachArgs),
    /// Packets taken from an interface, at the highest rate and at a low one
    Capture(bench_capture::CaptureArgs),
    /// Packets to text, through filters, to rows, and seen at several points
    Packet(bench_packet::PacketArgs),
}

#[derive(Args)]
struct BuildArgs {
    #[command(flatten)]
    install: InstallArgs,
    /// Quick to compile, slow and large to run: leaves target/debug/netyard
    #[arg(long)]
    dev: bool,
}

#[derive(Args)]
struct InstallArgs {
    /// Install missing packages without asking (also with CI=true in the environment)
    #[arg(long)]
    yes: bool,
}

impl InstallArgs {
    fn consent(&self) -> Consent {
        Consent::from_environment(self.yes)
    }
}

impl BuildArgs {
    fn mode(&self) -> Mode {
        if self.dev { Mode::Dev } else { Mode::Release }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let workspace = Workspace::locate()?;
    match cli.task {
        Task::Build(args) => {
            program::build(&workspace, args.mode(), args.install.consent()).map(|_| ())
        }
        Task::Run { build, serve } => {
            program::run(&workspace, build.mode(), build.install.consent(), &serve)
        }
        Task::Test { list: true, .. } => {
            stages::print_list();
            Ok(())
        }
        Task::Test { install, only, .. } => test::run(&workspace, &only, install.consent()),
        Task::Bench { what } => match what {
            Bench::Engine(args) => bench::engine(&workspace, &args),
            Bench::Reach(args) => bench_reach::reach(&workspace, &args),
            Bench::Capture(args) => bench_capture::capture(&workspace, &args),
            Bench::Packet(args) => bench_packet::packet(&workspace, &args),
        },
        Task::AsTestUser(args) => unprivileged::exec_as_test_user(&args),
        Task::InVm(args) => vm::run_in_guest(&args),
    }
}
