//! Every file that fuzzing has found (`testdata/fuzz-findings`, a folder per target), and a little fuzzing of the seeds: with the
//! stable compiler, on every run of the tests.

use std::fs;
use std::path::Path;

use vqz::testing::{least, rendering, Rng};
use vqz::Digest;
use vqz_testkit::fuzz::{self, checks};

type Check = fn(&[u8]);

/// Targets and their checks.
const CHECKS: [(&str, Check); 7] = [
    ("inspect", checks::inspect),
    ("prefix", checks::prefix),
    ("decode", checks::decode),
    ("salvage", checks::salvage),
    ("model", checks::model),
    ("roundtrip", checks::roundtrip),
    ("levels", checks::levels),
];

#[test]
fn findings_stay_fixed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz-findings");
    let mut count = 0;
    for folder in fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let target = folder.file_name().unwrap().to_str().unwrap();
        let check = CHECKS.iter().find(|(name, _)| *name == target);
        let (_, check) = check.unwrap_or_else(|| panic!("no target {target}"));
        for file in fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            println!("{}", path.display());
            check(&fs::read(path).unwrap());
            count += 1;
        }
    }
    assert!(count > 0, "no findings were read");
}

/// Files and models with a random change or two and right checksums, and random choices for the targets that take these.
#[test]
fn a_little_fuzzing() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/conformance/encoded/");
    let files = ["gray-alpha.vqz", "metadata.vqz", "progressive.vqz"]
        .map(|name| fs::read(format!("{golden}{name}")).unwrap());
    let model = least(1).to_bytes().unwrap();
    let rendering = rendering(1, Digest([7; 32]), 2).to_bytes().unwrap();
    checks::model(&rendering);
    let rng = &mut Rng(2);
    for round in 0..300usize {
        let mut data = vec![0; 4096];
        let file = &files[round % files.len()];
        data[..file.len()].copy_from_slice(file);
        let mut size = file.len();
        for _ in 0..rng.range(1, 3) {
            size = fuzz::chunks::mutate_file(&mut data, size, 4096, rng.bits() as u32, flip);
        }
        checks::inspect(&data[..size]);
        checks::decode(&data[..size]);
        checks::salvage(&data[..size]);
        if round % 10 == 0 {
            checks::prefix(&data[..size]);
        }

        let mut data = model.clone();
        let at = rng.range(0, model.len() as i64 - 5) as usize;
        data[at] ^= 1 << rng.range(0, 7);
        let size =
            fuzz::chunks::mutate_model(&mut data, model.len(), model.len(), |_, size, _| size);
        checks::model(&data[..size]);

        let mut data = rendering.clone();
        let at = rng.range(8, rendering.len() as i64 - 5) as usize;
        data[at] ^= 1 << rng.range(0, 7);
        let size = data.len();
        fuzz::chunks::mutate_model(&mut data, size, size, |_, size, _| size);
        checks::model(&data);

        let choices: Vec<u8> = (0..rng.range(8, 80)).map(|_| rng.bits() as u8).collect();
        checks::levels(&choices);
        if round % 10 == 0 {
            checks::roundtrip(&choices);
        }
    }
}

/// In the place of libFuzzer's mutation: a byte somewhere in the middle is changed.
fn flip(data: &mut [u8], size: usize, _: usize) -> usize {
    if let Some(byte) = data[..size].get_mut(size / 2) {
        *byte = byte.wrapping_mul(5).wrapping_add(3);
    }
    size
}
