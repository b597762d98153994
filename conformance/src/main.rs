//! `vqz conformance` without the rest of the command: `vqz-conformance DIR`. Says what fails, and a summary.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Emulators are slow.
const LIMIT: Duration = Duration::from_secs(600);

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: vqz-conformance DIR");
        return ExitCode::from(2);
    };
    match vqz_conformance::try_own(Path::new(&folder), LIMIT) {
        Ok(report) => {
            println!("{}{}", report.table(true), report.summary());
            ExitCode::from(u8::from(report.failed() > 0))
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
