//! Which inputs become which outputs, settled before any work.

use super::expand::{expand, extension, Found};
use crate::failure::usage;
use crate::files::{Existing, Source, Target};
use crate::picture;
use anyhow::{Context as _, Result};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// One input and what it becomes.
#[derive(Debug)]
pub struct Job {
    pub source: Source,
    pub target: Target,
}

impl Job {
    /// Whether its output is there, is not older than the input, and may count as the work done.
    pub fn is_done(&self, existing: Existing) -> bool {
        let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
        match (&self.source, &self.target) {
            (Source::File(input), Target::File(output)) if existing == Existing::Skip => {
                changed(output).is_some_and(|output| Some(output) >= changed(input))
            }
            _ => false,
        }
    }
}

/// What there is to do.
#[derive(Debug, Default)]
pub struct Plan {
    pub jobs: Vec<Job>,
    /// Folders that there is nothing to do in, and why.
    pub failed: Vec<anyhow::Error>,
    /// What was not taken along, by whose name.
    pub notes: Vec<(PathBuf, String)>,
}

/// How outputs get their names.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    /// Extensions (lower case) that are picked up from an input folder.
    pub inputs: &'a [&'a str],
    /// Extension of the files written into an output folder.
    pub output: &'a str,
    /// Take the folders in folders as well, and make the same tree of outputs.
    pub recursive: bool,
}

/// The jobs of `inputs → output`. `single` checks the name of a single output file.
///
/// The output is a folder if there are several inputs, if an input is a folder, if it exists as a folder,
/// or if its name ends in a slash; it is created.
pub fn plan(
    inputs: &[PathBuf],
    output: &Path,
    naming: Naming<'_>,
    single: impl Fn(&Path) -> Result<()>,
) -> Result<Plan> {
    let into_folder = match inputs {
        [input] => input.is_dir() || output.is_dir() || ends_in_slash(output),
        _ => true,
    };
    if into_folder {
        return plan_folder(inputs, output, naming);
    }
    let job = Job {
        source: Source::new(&inputs[0]),
        target: Target::new(output)?,
    };
    if let Target::File(path) = &job.target {
        single(path)?;
    }
    check_folder(&job.target)?;
    let jobs = vec![job];
    check_not_input(&jobs[0].target, &real_inputs(&jobs))?;
    Ok(Plan {
        jobs,
        ..Plan::default()
    })
}

/// One more output beside those of the jobs.
///
/// # Errors
/// If it is an input, or one of their outputs, or its folder is not there.
pub fn further_target(jobs: &[Job], path: &Path) -> Result<Target> {
    let target = Target::new(path)?;
    check_folder(&target)?;
    check_not_input(&target, &real_inputs(jobs))?;
    if jobs.iter().any(|job| is_same(&job.target, &target)) {
        return Err(usage(format!(
            "{target}: is the output of a picture as well; name another"
        )));
    }
    Ok(target)
}

fn is_same(a: &Target, b: &Target) -> bool {
    let real = |target: &Target| match target {
        Target::Stdout => None,
        Target::File(path) => {
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
            Some(
                fs::canonicalize(path)
                    .unwrap_or_else(|_| folder.join(path.file_name().unwrap_or(path.as_os_str()))),
            )
        }
    };
    match (a, b) {
        (Target::File(path), _) if crate::files::is_special(path) => false,
        (Target::Stdout, Target::Stdout) => true,
        _ => real(a).is_some_and(|path| real(b) == Some(path)),
    }
}

fn check_folder(target: &Target) -> Result<()> {
    let Target::File(path) = target else {
        return Ok(());
    };
    match path.parent() {
        Some(parent) if parent != Path::new("") && !parent.is_dir() => Err(usage(format!(
            "{}: there is no such folder; create it first",
            parent.display()
        ))),
        _ => Ok(()),
    }
}

fn plan_folder(inputs: &[PathBuf], output: &Path, naming: Naming<'_>) -> Result<Plan> {
    if output == Path::new("-") {
        return Err(usage(
            "several inputs cannot go to stdout; name a folder instead of `-`",
        ));
    }
    if output.exists() && !output.is_dir() {
        return Err(usage(format!(
            "{}: is not a folder, which several inputs need as their output",
            output.display()
        )));
    }
    if !output.exists() && !ends_in_slash(output) && is_file_name(output) {
        return Err(usage(format!(
            "{}: is a file's name, but several inputs need a folder as their output; add a slash if it is meant to be one",
            output.display()
        )));
    }
    if inputs.iter().any(|input| input == Path::new("-")) {
        return Err(usage(
            "stdin has no name to use in a folder; name the output file",
        ));
    }
    let mut plan = Plan::default();
    for found in expand(inputs, naming.inputs, naming.recursive) {
        match found {
            Found::File { path, below } => {
                let mut name = path.file_stem().unwrap_or(path.as_os_str()).to_os_string();
                name.push(".");
                name.push(naming.output);
                plan.jobs.push(Job {
                    target: Target::File(output.join(below).join(name)),
                    source: Source::File(path),
                });
            }
            Found::Note { folder, note } => plan.notes.push((folder, note)),
            // The only input.
            Found::Nothing(error) if inputs.len() == 1 => return Err(error),
            Found::Nothing(error) => plan.failed.push(error),
        }
    }
    check_distinct(&plan.jobs)?;
    let real = real_inputs(&plan.jobs);
    plan.jobs
        .iter()
        .try_for_each(|job| check_not_input(&job.target, &real))?;
    for job in &plan.jobs {
        if let Target::File(path) = &job.target {
            let folder = path.parent().unwrap_or(output);
            fs::create_dir_all(folder)
                .with_context(|| format!("{}: cannot be created", folder.display()))?;
        }
    }
    Ok(plan)
}

/// Whether it ends as pictures or .vqz files do.
fn is_file_name(path: &Path) -> bool {
    extension(path).is_some_and(|extension| {
        extension == "vqz" || picture::INPUT_EXTENSIONS.contains(&&*extension)
    })
}

fn ends_in_slash(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&b| std::path::is_separator(b.into()))
}

fn check_distinct(jobs: &[Job]) -> Result<()> {
    let mut seen = HashMap::new();
    for job in jobs {
        if let Some(first) = seen.insert(&job.target, &job.source) {
            return Err(usage(format!(
                "{first} and {} would both become {}; rename one, or use two folders",
                job.source, job.target
            )));
        }
    }
    Ok(())
}

/// The files that are inputs, by their real paths.
fn real_inputs(jobs: &[Job]) -> HashSet<PathBuf> {
    jobs.iter()
        .filter_map(|job| match &job.source {
            Source::File(path) => fs::canonicalize(path).ok(),
            Source::Stdin => None,
        })
        .collect()
}

/// No output may overwrite an input.
fn check_not_input(target: &Target, inputs: &HashSet<PathBuf>) -> Result<()> {
    match target {
        Target::File(path)
            if fs::canonicalize(path).is_ok_and(|path| inputs.contains(&path))
                && !crate::files::is_special(path) =>
        {
            Err(usage(format!(
                "{}: is an input as well; name another output",
                path.display()
            )))
        }
        _ => Ok(()),
    }
}
