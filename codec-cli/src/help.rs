//! `vqz completions` and `vqz man-pages`: what packages install beside the program, made from the command line's grammar.

use crate::args::{Cli, CompletionsArgs, ManPagesArgs};
use crate::files::Target;
use anyhow::{Context as _, Result};
use clap::CommandFactory as _;

/// Writes the completions to stdout.
pub fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "vqz", &mut script);
    Target::Stdout.write(&script)
}

/// Writes a page for the program and one for each command.
pub fn man_pages(args: &ManPagesArgs) -> Result<()> {
    let folder = args.folder.display();
    std::fs::create_dir_all(&args.folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &args.folder))
        .with_context(|| format!("{folder}: cannot be written"))
}
