//! Any of the targets: the variable `NETYARD_FUZZ` names it.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::chosen()(bytes));

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    eprintln!(
        "this is a fuzz target, compiled without libFuzzer: CONTRIBUTING.md says how to run it"
    );
    std::process::ExitCode::from(2)
}
