//! The trainer on pictures made up here, a few steps of a tiny model.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;
use crate::files::read_model;
use vqz::model::ModelData;

pub(crate) fn photos(folder: &Path, count: u32) {
    for index in 0..count {
        let picture = image::RgbImage::from_fn(128, 112, |x, y| {
            let wave = ((x * (index + 1) + y * 2) as f32 * 0.05).sin() * 60.0;
            let edge = if (x / 24 + y / 20 + index) % 3 == 0 {
                50.0
            } else {
                0.0
            };
            image::Rgb([0.0, 15.0, -20.0].map(|shift| (110.0 + wave + edge + shift) as u8))
        });
        picture
            .save(folder.join(format!("{index}.png")))
            .expect("a folder to write to");
    }
}

pub(crate) fn recipe() -> Recipe {
    Recipe {
        architecture: Architecture::tiny(),
        steps: 8,
        hard_from: 4,
        batch: 2,
        patch: 64,
        warm_up: 2,
        bf16: false,
        ms_ssim: 0.0,
        ssimulacra2: 0.0,
        ..Recipe::default()
    }
}

pub(crate) fn options(folder: &Path, out: &str, recipe: Recipe) -> TrainOptions {
    TrainOptions {
        data: folder.to_path_buf(),
        valid: Some(folder.to_path_buf()),
        out: folder.join(out),
        recipe: Some(recipe),
        degrade: None,
        start: None,
        validate_every: 8,
        validate_photos: 2,
        pace: Pace {
            checkpoint_every: 3600,
            stop_after: None,
            quiet: true,
        },
    }
}

pub(crate) fn tensors(checkpoint: &PathBuf) -> Vec<(String, tch::Tensor)> {
    let mut list = tch::Tensor::read_safetensors(checkpoint).expect("a checkpoint");
    list.retain(|(name, _)| name != "meta");
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list
}

/// One test at a time (libtorch's generator is global) on one thread (the order of float sums depends on their number).
pub(crate) fn deterministic() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    tch::set_num_threads(1);
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sum of the losses of a validation line of the log.
fn validation_loss(line: &str) -> Option<f64> {
    let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let points = line["valid"].as_array()?;
    points.iter().map(|p| p["loss"].as_f64()).sum()
}

#[test]
fn train_resumes_exactly() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path(), 4);
    let recipe = Recipe {
        muon: true,
        ..recipe()
    };
    let whole = train(&options(folder.path(), "whole", recipe.clone())).unwrap();
    // Stopped before, at and after the switch to the hard quantiser.
    let mut parts = options(folder.path(), "parts", recipe);
    parts.pace.stop_after = Some(3);
    let mut checkpoint = PathBuf::new();
    for _ in 0..3 {
        checkpoint = train(&parts).unwrap();
        parts.recipe = None;
    }
    let (a, b) = (tensors(&whole), tensors(&checkpoint));
    assert_eq!(a.len(), b.len());
    for ((name, x), (_, y)) in a.iter().zip(&b) {
        assert!(x.equal(y), "{name} differs after resuming");
    }
}

#[test]
fn train_lowers_the_loss_and_export_keeps_it() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path(), 4);
    let longer = Recipe {
        steps: 120,
        hard_from: 60,
        learning_rate: 2e-3,
        average: 0.9,
        ..recipe()
    };
    let mut run = options(folder.path(), "run", longer.clone());
    run.validate_every = 20;
    let checkpoint = train(&run).unwrap();
    let log = std::fs::read_to_string(folder.path().join("run/log.jsonl")).unwrap();
    let losses: Vec<f64> = log.lines().filter_map(validation_loss).collect();
    assert_eq!(losses.len(), 6);
    assert!(losses.is_sorted_by(|a, b| a > b), "{losses:?}");

    let exported = ExportOptions {
        checkpoint,
        out: folder.path().join("tiny.vqzm"),
        kept: None,
        name: "test".into(),
        data: folder.path().to_path_buf(),
        calibration: folder.path().to_path_buf(),
        calibration_photos: 4,
        quiet: true,
    };
    let points = export(&exported).unwrap();
    for p in &points {
        // Files have labels of another quantiser: at quality 0, better ones, since its paths look several positions ahead.
        let (better, more) = (p.integer_psnr - p.float_psnr, p.integer_bpp - p.float_bpp);
        let most = if p.quality == 0.0 { 0.75 } else { 0.3 };
        assert!((-0.15..most).contains(&better), "{p:?}");
        // Headers and the filter of 8192 pixels.
        assert!((0.03..0.08).contains(&more), "{p:?}");
    }
    assert!(points[0].integer_bpp < points[4].integer_bpp, "{points:?}");

    // A run that starts from the model file stands where the other one ended, even with another block; on a wider dial, at the same λ, too.
    let end = losses[5];
    let wider = Recipe {
        lambda_low: longer.lambda_low.powi(2) / longer.lambda_high,
        ..longer.clone()
    };
    let mut deeper = longer.clone();
    deeper.architecture.analysis_blocks = [1, 2];
    for (name, recipe) in [
        ("same", longer.clone()),
        ("deeper", deeper.clone()),
        ("wider", wider),
    ] {
        let mut again = Recipe {
            steps: 1,
            hard_from: 0,
            learning_rate: 0.0,
            ..recipe
        };
        again.warm_up = 0;
        let mut run = options(folder.path(), name, again);
        run.validate_every = 1;
        run.start = Some(Start {
            model: folder.path().join("tiny.vqzm"),
            recipe: Some(longer.clone()),
        });
        train(&run).unwrap();
        let log = std::fs::read_to_string(folder.path().join(name).join("log.jsonl")).unwrap();
        let line = log.lines().find(|l| l.contains("valid")).unwrap();
        if name != "wider" {
            let loss = validation_loss(line).unwrap();
            assert!((loss / end - 1.0).abs() < 0.02, "{loss}, was {end}");
        } else {
            // The old dial is the upper half of the new one: its quality 0 is the new 50.
            let point = |line: &str, index: usize| -> f64 {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                line["valid"][index]["loss"].as_f64().unwrap()
            };
            let last = std::fs::read_to_string(folder.path().join("run/log.jsonl")).unwrap();
            let last = last.lines().rfind(|l| l.contains("valid")).unwrap();
            for (old, new) in [(0, 2), (2, 3), (4, 4)] {
                let (was, is) = (point(last, old), point(line, new));
                assert!((is / was - 1.0).abs() < 0.03, "{is}, was {was}");
            }
        }
    }

    decoders_learn_from_the_labels_that_files_have(&exported, &longer);

    // Where only the encoder learns, its file changes and the model's does not.
    let only = Recipe {
        steps: 3,
        hard_from: 0,
        encoder_only: true,
        ..deeper
    };
    let mut run = options(folder.path(), "encoder", only);
    run.start = Some(Start {
        model: folder.path().join("tiny.vqzm"),
        recipe: None,
    });
    let again = ExportOptions {
        checkpoint: train(&run).unwrap(),
        out: folder.path().join("encoder.vqzm"),
        kept: Some(Kept::Decoder(folder.path().join("tiny.vqzm"))),
        ..exported
    };
    export(&again).unwrap();
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert!(bytes("encoder.vqzm") == bytes("tiny.vqzm"));
    assert!(bytes("encoder.vqze").len() > bytes("tiny.vqze").len());
}

/// From `tiny.vqzm`, which a run of `recipe` has become: nothing that encoders alone have changes, and files have the encoder that there was.
fn decoders_learn_from_the_labels_that_files_have(exported: &ExportOptions, recipe: &Recipe) {
    let folder = &exported.data;
    let only = Recipe {
        steps: 3,
        learning_rate: 2e-4,
        hard_from: 0,
        decoder_only: true,
        ..recipe.clone()
    };
    let mut run = options(folder, "decoder", only.clone());
    let refused = train(&run).unwrap_err().to_string();
    assert!(refused.contains("needs the model (--start)"), "{refused}");
    run.start = Some(Start {
        model: folder.join("tiny.vqzm"),
        recipe: None,
    });
    run.pace.stop_after = Some(1);
    let begun = tensors(&train(&run).unwrap());
    run.pace.stop_after = None;
    let checkpoint = train(&run).unwrap();
    let ended = tensors(&checkpoint);
    for ((name, before), (_, after)) in begun.iter().zip(&ended) {
        let (kind, network) = name.split_once('/').unwrap();
        let decoders = ["synthesis_linear", "body", "lift", "renderer", "context"];
        let trained = decoders.iter().any(|name| network.starts_with(name))
            || network.starts_with("hyper_synthesis");
        if kind == "value" && !network.ends_with("bias") {
            assert_eq!(before.equal(after), !trained, "{name}");
        }
    }

    export(&ExportOptions {
        checkpoint,
        out: folder.join("decoder.vqzm"),
        kept: Some(Kept::Encoder(folder.join("tiny.vqzm"))),
        ..exported.clone()
    })
    .unwrap();
    let model = |name: &str| ModelData::from_bytes(&read_model(&folder.join(name)).unwrap());
    let [old, new] = ["tiny.vqzm", "decoder.vqzm"].map(|name| model(name).unwrap());
    assert!(old.encoder == new.encoder && old.y == new.y && old.z == new.z);
    assert!(old.renderer != new.renderer && old.steps != new.steps);

    run.recipe = Some(Recipe {
        encoder_only: true,
        ..only
    });
    let refused = train(&run).unwrap_err().to_string();
    assert!(refused.contains("one at most"), "{refused}");
}

#[test]
fn a_decay_of_no_steps_leaves_the_rate_as_it_is() {
    let rate = |decay| {
        let recipe = Recipe { decay, ..recipe() };
        recipe.rate_at(7) / recipe.learning_rate
    };
    assert_eq!(rate(0), 1.0);
    assert!((0.0..0.6).contains(&rate(2)), "{}", rate(2));
}

#[test]
fn another_architecture_is_not_resumed() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path(), 1);
    let mut run = options(folder.path(), "run", recipe());
    run.pace.stop_after = Some(1);
    train(&run).unwrap();
    let mut other = recipe();
    other.architecture.features = 16;
    run.recipe = Some(other);
    let error = train(&run).unwrap_err().to_string();
    assert!(error.contains("another architecture"), "{error}");
}

#[test]
fn pictures_are_measured_against_what_they_were_before_noise() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path(), 2);
    let psnr = |out: &str, degrade: Option<Degradation>| -> (f64, f64) {
        let still = Recipe {
            steps: 1,
            hard_from: 0,
            learning_rate: 0.0,
            ..recipe()
        };
        let mut run = options(folder.path(), out, still);
        run.degrade = degrade;
        run.validate_every = 1;
        train(&run).unwrap();
        let log = std::fs::read_to_string(folder.path().join(out).join("log.jsonl")).unwrap();
        let mut lines = log.lines();
        let mut next = || -> serde_json::Value {
            serde_json::from_str(lines.next().expect("two lines")).unwrap()
        };
        let (step, valid) = (next(), next());
        (
            step["psnr"].as_f64().unwrap(),
            valid["valid"][4]["psnr"].as_f64().unwrap(),
        )
    };
    let (plain, noisy) = (psnr("plain", None), psnr("noisy", "noise:100".parse().ok()));
    // Few latents let little noise through. Against the noisy picture it could not be 12 dB: noise of 100, clipped, leaves some 10.
    for (noisy, plain) in [(noisy.0, plain.0), (noisy.1, plain.1)] {
        assert!(noisy > 12.0 && noisy < plain - 1.0, "{noisy} dB, {plain}");
    }
}

/// Small renderings are means of the linear part. One that has drifted away comes back where it has a weight.
#[test]
fn the_linear_part_is_held_to_the_picture() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path(), 4);
    let photo = &data::load_folder(folder.path(), 64).unwrap()[0];
    let x = validate::whole(photo).unwrap();
    let begun = train(&options(folder.path(), "begun", recipe())).unwrap();
    let error = |linear: f64| {
        let (mut model, meta) = checkpoint::load(&begun, tch::Device::Cpu).unwrap();
        let id = model.synthesis_linear;
        let drifted = tch::no_grad(|| model.params.get(id) * 0.7);
        model.params.set(id, &drifted);
        let out = folder.path().join(format!("{linear}"));
        std::fs::create_dir(&out).unwrap();
        checkpoint::save(&out.join("checkpoint.safetensors"), &model, &meta).unwrap();
        let recipe = Recipe {
            steps: 68,
            decay: 1,
            learning_rate: 2e-3,
            linear,
            ..recipe()
        };
        let path = train(&options(folder.path(), &format!("{linear}"), recipe)).unwrap();
        let (model, _) = checkpoint::load(&path, tch::Device::Cpu).unwrap();
        let t = tch::Tensor::from_slice(&[0.7f32]);
        let out =
            tch::no_grad(|| model.forward(&x, &t, quantiser::Mode::Nearest, tch::Kind::Float));
        let small =
            |x: &tch::Tensor| x.avg_pool2d([4, 4], [4, 4], [0, 0], false, true, None::<i64>);
        let error = (small(&out.linear) - small(&x)).square();
        error.mean(tch::Kind::Double).double_value(&[])
    };
    let (without, with) = (error(0.0), error(10.0));
    assert!(with < 0.9 * without, "{with}, {without} without");
}
