//! A small model and its prior on digits made up here, a few steps.

use std::path::{Path, PathBuf};

use super::*;
use crate::Pace;

/// An IDX file of bars: what they are like follows from their number.
fn bars(folder: &Path, count: u32) -> PathBuf {
    let mut file = vec![0, 0, 8, 3];
    for size in [count, 28, 28] {
        file.extend(size.to_be_bytes());
    }
    for number in 0..count {
        let (place, upright) = (4 + number * 5 % 18, number % 2 == 0);
        for y in 0..28 {
            for x in 0..28 {
                let across = if upright { x } else { y };
                let on = across >= place && across < place + 5;
                file.push(if on { 250 - (number % 7) as u8 } else { 0 });
            }
        }
    }
    let path = folder.join("bars-images-idx3-ubyte");
    std::fs::write(&path, file).expect("a folder to write to");
    let mut labels = vec![0, 0, 8, 1];
    labels.extend(count.to_be_bytes());
    labels.extend((0..count).map(|number| (number % 2) as u8));
    std::fs::write(folder.join("bars-labels-idx1-ubyte"), labels).expect("a folder to write to");
    path
}

fn recipe() -> SmallRecipe {
    SmallRecipe {
        codewords: 16,
        dimension: 4,
        codebooks: 2,
        width: 16,
        blocks: 1,
        steps: 60,
        batch: 8,
        quantise_from: 10,
        restart_every: 20,
        learning_rate: 3e-3,
        ..SmallRecipe::default()
    }
}

fn options(folder: &Path, out: &str, update: CodebookUpdate) -> SmallOptions {
    SmallOptions {
        data: bars(folder, 60),
        valid: None,
        out: folder.join(out),
        recipe: Some(SmallRecipe { update, ..recipe() }),
        pace: Pace {
            checkpoint_every: 3600,
            stop_after: None,
            quiet: true,
        },
    }
}

fn tensors(checkpoint: &Path) -> Vec<(String, tch::Tensor)> {
    let mut list = tch::Tensor::read_safetensors(checkpoint).expect("a checkpoint");
    list.retain(|(name, _)| name != "meta");
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list
}

fn assert_same(a: &Path, b: &Path) {
    let (a, b) = (tensors(a), tensors(b));
    assert_eq!(a.len(), b.len());
    for ((name, a), (other, b)) in a.iter().zip(&b) {
        assert!(name == other && a.equal(b), "{name}");
    }
}

#[test]
fn a_small_model_learns_and_resumes_and_its_prior_draws() {
    let _turn = crate::tests::deterministic();
    let folder = tempfile::tempdir().unwrap();
    let whole = options(folder.path(), "whole", CodebookUpdate::Ema);
    let line = train_small(&whole).unwrap();
    assert!(
        line.starts_with("6 held-out pictures after 60 steps"),
        "{line}"
    );

    let mut parts = options(folder.path(), "parts", CodebookUpdate::Ema);
    parts.pace.stop_after = Some(35);
    train_small(&parts).unwrap();
    parts.pace.stop_after = None;
    // The recipe is the checkpoint's.
    parts.recipe = None;
    train_small(&parts).unwrap();
    let checkpoint = whole.out.join("checkpoint.safetensors");
    assert_same(&checkpoint, &parts.out.join("checkpoint.safetensors"));

    let log = std::fs::read_to_string(whole.out.join("log.jsonl")).unwrap();
    let mse = |line: &str| -> f64 {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["mse"].as_f64().unwrap()
    };
    let (first, last) = (log.lines().next().unwrap(), log.lines().last().unwrap());
    assert!(mse(last) < 0.7 * mse(first), "{first}\n{last}");
    let page = std::fs::read_to_string(whole.out.join("report.html")).unwrap();
    assert_eq!(page.matches("data:image/png;base64,").count(), 3);
    assert_eq!(page.matches("<svg").count(), 5);

    let mut other = options(folder.path(), "whole", CodebookUpdate::Loss);
    let error = train_small(&other).unwrap_err().to_string();
    assert!(error.contains("another recipe"), "{error}");
    other.out = folder.path().join("loss");
    train_small(&other).unwrap();

    prior_draws(folder.path(), &whole.data, &checkpoint);
}

fn prior_draws(folder: &Path, data: &Path, model: &Path) {
    let prior = |out: &str, stop_after| PriorOptions {
        model: model.into(),
        data: data.into(),
        valid: None,
        out: folder.join(out),
        recipe: Some(PriorRecipe {
            width: 16,
            blocks: 1,
            classes: true,
            steps: 30,
            batch: 8,
            learning_rate: 5e-3,
            ..PriorRecipe::default()
        }),
        pace: Pace {
            checkpoint_every: 3600,
            stop_after,
            quiet: true,
        },
    };
    let line = train_prior(&prior("prior", None)).unwrap();
    let bits: f64 = line
        .split_once("steps: ")
        .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok())
        .unwrap();
    assert!(bits < 49.0 * 2.0 * 4.0, "{line}");
    train_prior(&prior("prior-parts", Some(13))).unwrap();
    train_prior(&prior("prior-parts", None)).unwrap();
    let checkpoint = folder.join("prior/checkpoint.safetensors");
    assert_same(
        &checkpoint,
        &folder.join("prior-parts/checkpoint.safetensors"),
    );

    let sheet = |model: &Path, seed| {
        sample_sheet(&SheetOptions {
            model: model.into(),
            number: 12,
            seed,
        })
    };
    let drawn = sheet(&checkpoint, 1).unwrap();
    let picture = image::load_from_memory(&drawn).unwrap();
    assert_eq!(
        (picture.width(), picture.height()),
        (10 * 57 + 1, 2 * 57 + 1)
    );
    assert_eq!(drawn, sheet(&checkpoint, 1).unwrap());
    assert_ne!(drawn, sheet(&checkpoint, 2).unwrap());
    let error = format!("{:#}", sheet(model, 1).unwrap_err());
    assert!(error.contains("not the checkpoint of a prior"), "{error}");
}

#[test]
fn recipes_that_do_not_fit_their_pictures_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = options(folder.path(), "run", CodebookUpdate::Ema);
    for (recipe, expected) in [
        (
            SmallRecipe {
                stride: 8,
                ..recipe()
            },
            "multiples of the stride, 8",
        ),
        (
            SmallRecipe {
                dimension: 65,
                ..recipe()
            },
            "dimension is 65, it must be 1 to 64",
        ),
        (
            SmallRecipe {
                codebooks: 3,
                ..recipe()
            },
            "codebooks is 3",
        ),
    ] {
        run.recipe = Some(recipe);
        let error = train_small(&run).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
