use vqz::train::*;
fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().collect();
    let recipe: Option<Recipe> = if a[2] == "-" { None } else { Some(serde_json::from_str(&std::fs::read_to_string(&a[2])?)?) };
    train(&TrainOptions { data: "/work/shared/data/train".into(), valid: Some("/work/shared/data/valid".into()), out: a[1].clone().into(), recipe,
        checkpoint_every: 180, validate_every: a[3].parse()?, validate_photos: 16, stop_after: a.get(4).map(|s| s.parse().unwrap()), quiet: false })?;
    Ok(())
}
