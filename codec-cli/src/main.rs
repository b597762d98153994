//! The `vqz` command: parses, dispatches, turns the outcome into an exit code.
//!
//! | step | file |
//! |---|---|
//! | command line | `args` |
//! | which inputs become which outputs, several at a time | `batch` |
//! | bytes in and out, atomically | `files`, `temporary` |
//! | PNG, JPEG … ↔ `vqz::Image` | `picture` |
//! | the commands | `encode`, `decode` (with `view`, `salvage`), `thumbnail`, `info`, `sample`, `conformance`; by features `measure` (`eval` and `compare`) and `train` |
//! | completions and man pages, from the command line's grammar | `help` |
//! | what the user sees on stderr | `console` |
//! | errors: exit codes, and what to do | `failure` |

mod args;
mod batch;
mod conformance;
mod console;
mod decode;
mod encode;
mod failure;
mod files;
mod help;
mod info;
#[cfg(feature = "measure")]
mod measure;
mod picture;
mod salvage;
mod sample;
mod temporary;
mod thumbnail;
#[cfg(feature = "train")]
mod train;
mod view;

use args::{Cli, Command};
use clap::Parser as _;
use console::Console;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut console = Console::new(cli.common.level());
    // Without it, all that is lost is tidiness.
    #[cfg(unix)]
    let _ = temporary::watch_signals();
    match run(&cli, &mut console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error, &console),
    }
}

fn run(cli: &Cli, console: &mut Console) -> anyhow::Result<()> {
    match cli.common.threads {
        None => command(cli, console),
        // The library works in the pool that it is called from.
        Some(threads) => rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()?
            .install(|| command(cli, console)),
    }
}

fn command(cli: &Cli, console: &mut Console) -> anyhow::Result<()> {
    match &cli.command {
        Command::Encode(args) => encode::run(args, console),
        Command::Decode(args) => decode::run(args, console),
        Command::Thumbnail(args) => thumbnail::run(args),
        Command::Info(args) => info::run(args, console),
        Command::Sample(args) => sample::run(args, console),
        #[cfg(feature = "measure")]
        Command::Eval(args) => measure::eval(args, console),
        #[cfg(feature = "measure")]
        Command::Compare(args) => measure::compare(args, console),
        #[cfg(feature = "measure")]
        Command::MeasureMemory { task } => measure::measure_memory(task),
        #[cfg(not(feature = "measure"))]
        Command::Eval(_) => Err(failure::missing("eval", "measure")),
        #[cfg(not(feature = "measure"))]
        Command::Compare(_) => Err(failure::missing("compare", "measure")),
        #[cfg(not(feature = "train"))]
        Command::Train(_) => Err(failure::missing("train", "train")),
        #[cfg(not(feature = "train"))]
        Command::TrainPrior(_) => Err(failure::missing("train-prior", "train")),
        #[cfg(not(feature = "train"))]
        Command::Export(_) => Err(failure::missing("export", "train")),
        #[cfg(not(feature = "train"))]
        Command::ByteBlocks(_) => Err(failure::missing("byte-blocks", "train")),
        #[cfg(not(feature = "train"))]
        Command::DesignPrediction(_) => Err(failure::missing("design-prediction", "train")),
        #[cfg(not(feature = "train"))]
        Command::DesignCodebooks(_) => Err(failure::missing("design-codebooks", "train")),
        #[cfg(not(feature = "train"))]
        Command::TrainRendering(_) => Err(failure::missing("train-rendering", "train")),
        #[cfg(not(feature = "train"))]
        Command::ExportRendering(_) => Err(failure::missing("export-rendering", "train")),
        Command::Completions(args) => help::completions(args),
        Command::ManPages(args) => help::man_pages(args),
        Command::Conformance(args) => conformance::run(args, console),
        #[cfg(feature = "train")]
        Command::Training(command) => train::run(command, console),
    }
}
