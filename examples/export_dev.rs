use vqz::train::*;
fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().collect();
    let r = export(&ExportOptions { checkpoint: a[1].clone().into(), out: a[2].clone().into(), name: a[3].clone(), data: "/work/shared/data/train".into(), calibration: "/work/shared/data/valid".into(), calibration_photos: a[4].parse()? })?;
    for c in r { println!("{c:?}"); }
    Ok(())
}
