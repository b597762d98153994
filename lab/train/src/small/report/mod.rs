//! `report.html`: how a small model learned, and what it makes of pictures. One file that needs nothing else.

mod chart;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use base64::prelude::{Engine as _, BASE64_STANDARD};
use image::RgbImage;
use tch::{Kind, Tensor};

use super::checkpoint::SmallMeta;
use super::measure::Measured;
use super::model::SmallModel;
use super::pictures::Pictures;
use super::sheet::{png, sheet};
use chart::curve;

/// Pictures that are shown beside their reconstructions.
const SHOWN: usize = 24;
/// Codewords that are shown, those that are used most.
const WORDS: usize = 256;
/// Latent positions of a field of one codeword, each way.
const FIELD: i64 = 3;

const STYLE: &str = "body{font:15px/1.45 sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}\
    img{image-rendering:pixelated;max-width:100%}table{border-collapse:collapse}\
    th{text-align:left;font-weight:normal;color:#555}td,th{padding:.15em 1em .15em 0}td{text-align:right}svg{max-width:100%}";

/// Writes the page into the folder of a run, and its figures beside it (`report.json`).
///
/// # Errors
/// A folder that cannot be written to.
pub(super) fn write(
    folder: &Path,
    model: &SmallModel,
    meta: &SmallMeta,
    pictures: &Pictures,
    measured: &Measured,
) -> Result<()> {
    let log = std::fs::read_to_string(folder.join("log.jsonl")).unwrap_or_default();
    let page = page(model, meta, pictures, measured, &log)?;
    let figures = serde_json::json!({"recipe": meta.recipe, "step": meta.step, "seconds": meta.seconds.round(), "held_out": measured});
    for (name, text) in [
        ("report.html", page),
        ("report.json", serde_json::to_string_pretty(&figures)?),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, text)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    Ok(())
}

fn page(
    model: &SmallModel,
    meta: &SmallMeta,
    pictures: &Pictures,
    measured: &Measured,
    log: &str,
) -> Result<String> {
    let mut out = String::new();
    let recipe = &meta.recipe;
    write!(
        out,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>vqz: a small model</title><style>{STYLE}</style>\
        <h1>A small model</h1><p>{} codebook(s) of {} words of {} dimensions, one index each per {}×{} pixels; {} steps, {:.0} s.</p>",
        recipe.codebooks, recipe.codewords, recipe.dimension, recipe.stride, recipe.stride, meta.step, meta.seconds
    )?;
    out += &figures(measured, recipe.codewords);
    out += "<h2>Learning</h2>";
    // A run that was stopped between checkpoints has done some steps twice: the last time counts.
    let entries: BTreeMap<u64, serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(|entry: serde_json::Value| Some((entry["step"].as_u64()?, entry)))
        .collect();
    for (key, name) in [
        ("psnr", "PSNR of the batch, dB"),
        ("perplexity", "perplexity of the codewords"),
        ("dead", "dead codewords"),
    ] {
        let point = |(&step, entry): (&u64, &serde_json::Value)| {
            entry[key].as_f64().map(|value| (step as f64, value))
        };
        let points: Vec<(f64, f64)> = entries.iter().filter_map(point).collect();
        out += &curve("step", name, &points).unwrap_or_default();
    }
    out += "<h2>Held-out pictures</h2><p>Each picture stands above what its indices give.</p>";
    out += &inline(&beside(model, pictures), "originals and reconstructions")?;
    for (book, uses) in measured.uses.iter().enumerate() {
        write!(out, "<h2>Codebook {}</h2>", book + 1)?;
        let mut order: Vec<usize> = (0..uses.len()).collect();
        order.sort_by_key(|&word| std::cmp::Reverse(uses[word]));
        let all = uses.iter().sum::<i64>().max(1) as f64;
        let share = |(rank, &word): (usize, &usize)| (rank as f64, 100.0 * uses[word] as f64 / all);
        let points: Vec<(f64, f64)> = order.iter().enumerate().map(share).collect();
        out += &curve("codeword, by its use", "share of all indices, %", &points)?;
        order.truncate(WORDS);
        let words = words(model, book, &order, &measured.uses);
        write!(
            out,
            "<p>A field of {FIELD}×{FIELD} positions of one codeword, decoded; those used most come first.</p>"
        )?;
        out += &inline(&sheet(&words, 32, 2), "codewords")?;
    }
    Ok(out)
}

fn figures(measured: &Measured, codewords: i64) -> String {
    let list = |values: Vec<String>| values.join(", ");
    let rows = [
        ("held-out pictures", measured.pictures.to_string()),
        ("mean squared error (0–255)", format!("{:.1}", measured.mse)),
        ("PSNR", format!("{:.2} dB", measured.psnr)),
        (
            "bits per picture: PNG, without loss",
            format!("{:.0}", measured.png_bits),
        ),
        (
            "indices, all words alike",
            format!("{:.0}", measured.index_bits),
        ),
        (
            "indices at their entropy",
            format!("{:.0}", measured.entropy_bits),
        ),
        (
            "perplexity",
            list(
                measured
                    .perplexity
                    .iter()
                    .map(|p| format!("{p:.1}"))
                    .collect(),
            ),
        ),
        (
            "codewords never used",
            list(
                measured
                    .unused
                    .iter()
                    .map(|n| format!("{n} of {codewords}"))
                    .collect(),
            ),
        ),
    ];
    let rows = rows.map(|(name, value)| format!("<tr><th>{name}<td>{value}"));
    format!("<table>{}</table>", rows.concat())
}

/// Rows of originals, and below each what the model makes of it.
fn beside(model: &SmallModel, pictures: &Pictures) -> RgbImage {
    let count = SHOWN.min(pictures.count());
    let step = pictures.count() / count;
    let chosen: Vec<usize> = (0..count).map(|i| i * step).collect();
    let columns = count.min(12);
    let originals = pictures.batch(&chosen, model.params.device());
    let made = model.pictures(&model.indices(&originals));
    let rows: Vec<Tensor> = (0..count)
        .step_by(columns)
        .flat_map(|first| {
            let length = columns.min(count - first) as i64;
            [&originals, &made].map(|all| all.narrow(0, first as i64, length))
        })
        .collect();
    sheet(&Tensor::cat(&rows, 0), columns, 2)
}

/// Fields of single words of a codebook, decoded; a second codebook has its most frequent word everywhere.
fn words(model: &SmallModel, book: usize, words: &[usize], uses: &[Vec<i64>]) -> Tensor {
    let device = model.params.device();
    let positions = FIELD * FIELD;
    let columns: Vec<Tensor> = (0..)
        .zip(uses)
        .map(|(other, uses)| {
            let usual = (0..uses.len()).max_by_key(|&word| uses[word]).unwrap_or(0);
            let index = |&word: &usize| (if other == book { word } else { usual }) as i64;
            let indices: Vec<i64> = words.iter().map(index).collect();
            Tensor::from_slice(&indices).repeat_interleave_self_int(positions, None, None)
        })
        .collect();
    tch::no_grad(|| {
        let indices = Tensor::stack(&columns, 1)
            .to_kind(Kind::Int64)
            .to_device(device);
        let vectors = model.codebooks.look_up(&model.params, &indices);
        model.decode_grid(&vectors, (FIELD, FIELD))
    })
}

fn inline(picture: &RgbImage, what: &str) -> Result<String> {
    let data = BASE64_STANDARD.encode(png(picture)?);
    Ok(format!(
        "<img alt=\"{what}\" src=\"data:image/png;base64,{data}\">"
    ))
}
