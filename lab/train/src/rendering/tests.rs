//! Renderings of a tiny model, a few steps each.

use std::path::{Path, PathBuf};

use tch::{Device, Tensor};

use super::base::{Base, Decoded};
use super::generator::Generator;
use super::*;
use crate::data;
use crate::tests::{deterministic, options, photos, recipe, tensors};
use crate::validate::whole;
use crate::{export, train, ExportOptions, Pace, Recipe};

fn rendering_recipe() -> RenderingRecipe {
    RenderingRecipe {
        widths: [8, 12],
        blocks: [1, 2],
        noise: 2,
        discriminator: 4,
        steps: 4,
        decay: 2,
        warm_up: 1,
        adversarial_from: 1,
        batch: 2,
        patch: 64,
        drawn: 0.5,
        ..RenderingRecipe::default()
    }
}

/// A model that has been trained for a few steps.
fn base(folder: &Path) -> PathBuf {
    photos(folder, 3);
    let checkpoint = train(&options(folder, "base", recipe())).unwrap();
    let out = folder.join("base.vqzm");
    export(&ExportOptions {
        checkpoint,
        out: out.clone(),
        kept: None,
        name: "base".into(),
        data: folder.to_path_buf(),
        calibration: folder.to_path_buf(),
        calibration_photos: 2,
        quiet: true,
    })
    .unwrap();
    out
}

fn run(folder: &Path, out: &str) -> RenderingOptions {
    RenderingOptions {
        base: folder.join("base.vqzm"),
        base_recipe: Some(recipe()),
        start: None,
        data: folder.to_path_buf(),
        valid: Some(folder.to_path_buf()),
        out: folder.join(out),
        recipe: Some(rendering_recipe()),
        validate_every: 4,
        validate_photos: 1,
        pace: Pace {
            checkpoint_every: 3600,
            stop_after: None,
            quiet: true,
        },
    }
}

/// The base model of a fresh `folder`, and what decoders have of its first photo.
fn decoded(folder: &Path, t: &Tensor) -> (Base, Decoded) {
    let model = base(folder);
    let base = Base::load(&model, recipe(), Device::Cpu).unwrap();
    let photo = &data::load_folder(folder, 64).unwrap()[0];
    let decoded = base.decode(&whole(photo).unwrap(), t);
    (base, decoded)
}

#[test]
fn a_wider_and_deeper_rendering_begins_as_the_faithful_one() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    let t = Tensor::from_slice(&[0.3f32]);
    let (base, decoded) = decoded(folder.path(), &t);
    let mut generator = Generator::new(&rendering_recipe(), 16, Device::Cpu);
    generator.start_from(&base).unwrap();
    let noise = generator.random_noise(&decoded);
    let picture = tch::no_grad(|| generator.render(&decoded, &t, &noise, None));
    let difference = (picture - &decoded.faithful).abs().max();
    assert!(difference.double_value(&[]) < 0.01, "{difference:?}");

    let narrow = RenderingRecipe {
        widths: [4, 12],
        ..rendering_recipe()
    };
    let mut generator = Generator::new(&narrow, 16, Device::Cpu);
    let error = generator.start_from(&base).unwrap_err().to_string();
    assert!(error.contains("widths"), "{error}");
}

/// A generator would learn to read what is finer.
#[test]
fn what_is_expected_is_as_coarse_as_in_files() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    let (base, decoded) = decoded(folder.path(), &Tensor::from_slice(&[0.0f32]));
    let (block, params) = (&base.float.y, &base.float.params);
    let step = params.get(block.log_step).get(0).exp2() / params.get(block.std);
    let parts = &decoded.normalised / step.view([1, -1, 1, 1]) * 64.0;
    assert!(parts.abs().max().double_value(&[]) >= 1.0);
    // All but those with a label that is not 0.
    let off = (&parts - parts.round()).abs();
    let whole = off.lt(0.02).to_kind(tch::Kind::Float);
    let share = whole.mean(tch::Kind::Float).double_value(&[]);
    assert!(share > 0.5, "{share}");
}

#[test]
fn a_run_resumes_exactly_and_its_integers_are_its_floats() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    let model = base(folder.path());
    let before = std::fs::read(&model).unwrap();
    let whole_run = train_rendering(&run(folder.path(), "whole")).unwrap();
    let mut parts = run(folder.path(), "parts");
    parts.pace.stop_after = Some(2);
    let mut checkpoint = PathBuf::new();
    for _ in 0..2 {
        checkpoint = train_rendering(&parts).unwrap();
        parts.recipe = None;
        parts.base_recipe = None;
    }
    let meta = |list: Vec<(String, Tensor)>| -> Vec<(String, Tensor)> {
        list.into_iter()
            .filter(|(name, _)| name != "rendering")
            .collect()
    };
    let (a, b) = (meta(tensors(&whole_run)), meta(tensors(&checkpoint)));
    assert_eq!(a.len(), b.len());
    for ((name, x), (_, y)) in a.iter().zip(&b) {
        assert!(x.equal(y), "{name} differs after resuming");
    }
    let log = std::fs::read_to_string(folder.path().join("whole/log.jsonl")).unwrap();
    assert!(log.contains("lead") && log.contains("textures"), "{log}");
    assert!(std::fs::read(&model).unwrap() == before);

    let out = folder.path().join("tiny.vqzr");
    let options = RenderingExport {
        checkpoint,
        out: out.clone(),
        base: model.clone(),
        name: "test".into(),
        calibration: folder.path().to_path_buf(),
        calibration_photos: 2,
    };
    for point in export_rendering(&options).unwrap() {
        // The float model's labels are not the file's, which are better ones, for either rendering.
        let lost = |[faithful, perceptual]: [f64; 2]| faithful - perceptual;
        let more = lost(point.integer) - lost(point.float);
        assert!(more.abs() < 0.02, "{point:?}");
    }
    let rendering = vqz::RenderingModel::from_bytes(&std::fs::read(&out).unwrap()).unwrap();
    let loaded = vqz::Model::from_bytes(&before).unwrap();
    assert_eq!(
        (rendering.base(), rendering.name()),
        (loaded.digest(), "test")
    );
}

#[test]
fn a_rendering_file_is_a_start_for_another_run() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    let t = Tensor::from_slice(&[0.3f32]);
    let (base, decoded) = decoded(folder.path(), &t);
    let checkpoint = train_rendering(&run(folder.path(), "first")).unwrap();
    let file = folder.path().join("first.vqzr");
    export_rendering(&RenderingExport {
        checkpoint: checkpoint.clone(),
        out: file.clone(),
        base: folder.path().join("base.vqzm"),
        name: "first".into(),
        calibration: folder.path().to_path_buf(),
        calibration_photos: 2,
    })
    .unwrap();

    let (mut trained, ..) = super::checkpoint::load(&checkpoint, Device::Cpu).unwrap();
    trained.params.use_average(true);
    let mut loaded = Generator::new(&rendering_recipe(), 16, Device::Cpu);
    let noise = loaded.specified_noise(&decoded);
    let picture =
        |generator: &Generator| tch::no_grad(|| generator.render(&decoded, &t, &noise, None));
    let away = |generator: &Generator| {
        let difference = (picture(generator) - picture(&trained)).abs().max();
        difference.double_value(&[])
    };
    assert!(away(&loaded) > 1.0, "{}", away(&loaded));
    loaded.load_file(&file, &base).unwrap();
    assert!(away(&loaded) < 0.1, "{}", away(&loaded));

    let mut other = run(folder.path(), "other");
    other.start = Some(file);
    train_rendering(&other).unwrap();
    other.out = folder.path().join("narrow");
    other.recipe = Some(RenderingRecipe {
        widths: [8, 10],
        ..rendering_recipe()
    });
    let error = format!("{:#}", train_rendering(&other).unwrap_err());
    assert!(
        error.contains("does not fit the rendering's recipe"),
        "{error}"
    );
}

#[test]
fn another_base_or_other_networks_are_not_resumed() {
    let _turn = deterministic();
    let folder = tempfile::tempdir().unwrap();
    base(folder.path());
    let mut first = run(folder.path(), "run");
    first.pace.stop_after = Some(1);
    let checkpoint = train_rendering(&first).unwrap();
    let mut other = run(folder.path(), "run");
    other.recipe = Some(RenderingRecipe {
        noise: 4,
        ..rendering_recipe()
    });
    let error = train_rendering(&other).unwrap_err().to_string();
    assert!(error.contains("other networks"), "{error}");

    let again = Recipe {
        seed: 9,
        ..recipe()
    };
    let trained = train(&options(folder.path(), "another", again)).unwrap();
    let another = folder.path().join("another.vqzm");
    export(&ExportOptions {
        checkpoint: trained,
        out: another.clone(),
        kept: None,
        name: "another".into(),
        data: folder.path().to_path_buf(),
        calibration: folder.path().to_path_buf(),
        calibration_photos: 2,
        quiet: true,
    })
    .unwrap();
    let error = export_rendering(&RenderingExport {
        checkpoint,
        out: folder.path().join("x.vqzr"),
        base: another,
        name: "x".into(),
        calibration: folder.path().to_path_buf(),
        calibration_photos: 1,
    });
    let error = error.unwrap_err().to_string();
    assert!(error.contains("was trained for model"), "{error}");
}

#[test]
fn qualities_are_mostly_low() {
    let qualities: Vec<f64> = (0..=8)
        .map(|i| RenderingRecipe::quality(f64::from(i) / 8.0))
        .collect();
    assert!(qualities.is_sorted() && qualities[0] == 0.0 && qualities[8] == 1.0);
    assert!((qualities[6] - 0.4).abs() < 1e-9, "{qualities:?}");
    let error = RenderingRecipe {
        noise: 3,
        ..rendering_recipe()
    };
    assert!(error.check().is_err());
}
