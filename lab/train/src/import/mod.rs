//! From an integer model file back to floating-point parameters, to go on training from it: the inverse of [`crate::export()`], but for
//! rounding, for the optimiser's state, and for codewords: a file has those of the codec's own quantiser, not of pairs, so training begins with
//! the lattice.
//!
//! The scales of activations inside a network are not in the file. Any choice gives the same function (ReLU is homogeneous);
//! the one taken here leaves weights about as large as a fresh model's, which is what the learning rate expects.

mod networks;

use std::path::Path;

use anyhow::{bail, ensure, Context, Result};
use vqz::model::{Gain, LatentBlock, Layer, ModelData, RenderingData};

use crate::block::Block;
use crate::config::{Recipe, Z_STD};
use crate::files::read_model;
use crate::model::FloatModel;
use crate::network::Net;
use crate::params::Params;
use networks::{Axis, Importer};

/// Where training starts from.
#[derive(Debug, Clone)]
pub struct Start {
    /// A model file of the recipe's architecture, but that it may have fewer residual blocks; its encoder file is behind it or beside it.
    pub model: std::path::PathBuf,
    /// The recipe it was trained with: its range of λ tells which quality is which. `None` = the same range as the new one's.
    pub recipe: Option<Recipe>,
}

/// Overwrites the parameters of a fresh `model` (of `recipe`) with those of a model file.
///
/// # Errors
/// Unreadable or invalid file, another architecture.
pub(crate) fn import(model: &mut FloatModel, start: &Start, recipe: &Recipe) -> Result<()> {
    let name = start.model.display();
    let bytes = read_model(&start.model)?;
    let data = ModelData::from_bytes(&bytes).with_context(|| name.to_string())?;
    let axis = Axis {
        old: start.recipe.clone().unwrap_or_else(|| recipe.clone()),
        new: recipe.clone(),
    };
    whole(model, axis, &data)
        .with_context(|| format!("{name} does not fit the recipe's architecture"))
}

/// Overwrites `params`, those of a rendering's body, lift and renderer for a base model of `recipe`, with those of a rendering file, whose base may be
/// another model.
///
/// # Errors
/// Unreadable or invalid file, other networks.
pub(crate) fn import_rendering(
    params: &mut Params,
    networks: [&Net; 3],
    file: &Path,
    recipe: &Recipe,
) -> Result<()> {
    let name = file.display();
    let bytes = std::fs::read(file).with_context(|| format!("{name}: cannot read"))?;
    let data = RenderingData::from_bytes(&bytes).with_context(|| name.to_string())?;
    let axis = Axis {
        old: recipe.clone(),
        new: recipe.clone(),
    };
    Importer { params, axis }
        .rendering(networks, [&data.body, &data.lift, &data.renderer])
        .with_context(|| format!("{name} does not fit the rendering's recipe"))
}

fn whole(model: &mut FloatModel, axis: Axis, data: &ModelData) -> Result<()> {
    let (y, z) = (model.y.codebook.channels, model.z.codebook.channels);
    ensure!(
        (i64::from(data.y.channels), i64::from(data.z.channels)) == (y, z),
        "{} latents and {} hyper-latents, expected {y} and {z}",
        data.y.channels,
        data.z.channels
    );
    ensure!(
        data.steps.len() == model.steps.len(),
        "{} coding steps, expected {}",
        data.steps.len(),
        model.steps.len()
    );
    let encoder = data.encoder.as_ref();
    let encoder = encoder.context("there is no encoder file (.vqze) behind or beside it")?;
    let params = &mut model.params;
    let mut importer = Importer { params, axis };
    importer.linear(model.analysis_linear, &encoder.analysis_linear, 8.0)?;
    importer.linear(model.synthesis_linear, &data.synthesis_linear, 2.0)?;

    let std = latents(&mut importer, &model.y, &data.y, None)?;
    latents(&mut importer, &model.z, &data.z, Some(Z_STD))?;
    // Q3 after the gain: std·8/scale·2^16.
    let Some(Layer::Gain(Gain { multipliers, .. })) = encoder.analysis.layers.last() else {
        bail!("the analysis transform does not end with a gain");
    };
    let largest = (0..std.len()).max_by_key(|&c| multipliers[c]).unwrap_or(0);
    let scale = std[largest] * 8.0 * 65536.0 / f64::from(multipliers[largest].max(1));
    let scale = scale.log2().round().exp2();

    importer.network(&model.analysis, &encoder.analysis, [1.0, scale])?;
    importer.network(&model.hyper_analysis, &encoder.hyper_analysis, [256.0, 8.0])?;
    importer.network(
        &model.hyper_synthesis,
        &data.hyper_synthesis,
        [256.0, 256.0],
    )?;
    importer.rendering(
        [&model.body, &model.lift, &model.renderer],
        [&data.synthesis_body, &data.synthesis_lift, &data.renderer],
    )?;
    for (step, from) in model.steps.iter().zip(&data.steps) {
        importer.network(&step.net, &from.network, [256.0, 1024.0])?;
    }
    let q10 =
        |values: &[i16]| -> Vec<f32> { values.iter().map(|&v| f32::from(v) / 1024.0).collect() };
    importer.set(model.z_mean, q10(&data.z_mean).into_iter())?;
    importer.set(model.z_log_scale, q10(&data.z_log_scale).into_iter())
}

/// Sets gains, steps and standard deviations; returns the standard deviations.
fn latents(
    importer: &mut Importer,
    to: &Block,
    block: &LatentBlock,
    std: Option<f64>,
) -> Result<Vec<f64>> {
    let channels = usize::from(block.channels);
    let logs = |values: Vec<f64>, unit: f64| -> Vec<f64> {
        values.iter().map(|v| (v.max(1.0) / unit).log2()).collect()
    };
    let gain = logs(
        block.gain.iter().map(|&g| f64::from(g)).collect(),
        262_144.0,
    );
    let step = logs(block.step.iter().map(|&s| f64::from(s)).collect(), 256.0);
    let gain = importer.axis.resample(&gain, channels, true);
    let step = importer.axis.resample(&step, channels, true);
    importer.set(to.log_gain, gain.into_iter())?;
    importer.set(to.log_step, step.into_iter())?;
    let stds: Vec<f64> = block
        .norm
        .iter()
        .map(|&n| std.unwrap_or(2_097_152.0 / f64::from(n.max(1))))
        .collect();
    importer.set(to.std, stds.iter().map(|&s| s as f32))?;
    Ok(stds)
}
