//! Files made to measure: by size and by PSNR.

use vqz::{Color, Encoded, Encoder, Error, Image, Model};

/// Waves, edges and noise, about as hard as a photo.
fn picture(width: u32, height: u32, color: Color) -> Image {
    let mut noise = 1u32;
    let samples = (0..width * height * color.channels() as u32)
        .map(|i| {
            let (pixel, c) = (i / color.channels() as u32, i % color.channels() as u32);
            let (x, y) = (pixel % width, pixel / width);
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wave = (x * x / 90 + y * (c + 2) / 3) % 200;
            let edge = if (x / 37 + y / 29) % 3 == 0 { 60 } else { 0 };
            (wave.min(199 - wave) + edge + (noise >> 28)) as u8
        })
        .collect();
    Image::new(width, height, color, samples).unwrap()
}

fn encoder() -> Encoder {
    Encoder::new(Model::embedded().unwrap())
}

fn psnr(a: &Image, b: &Image) -> f64 {
    let squares: f64 = a
        .samples()
        .iter()
        .zip(b.samples())
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2))
        .sum();
    10.0 * (255.0 * 255.0 * a.samples().len() as f64 / squares).log10()
}

/// The file is the one that its quality gives.
fn check(image: &Image, encoded: &Encoded) {
    let again = encoder().quality(encoded.quality).unwrap().encode(image);
    assert!(
        again.unwrap() == encoded.bytes,
        "not the file of quality {}",
        encoded.quality
    );
}

#[test]
fn sizes_are_met_from_below_and_grow_with_the_target() {
    let image = picture(233, 190, Color::Rgb);
    let at = |quality| {
        encoder()
            .quality(quality)
            .unwrap()
            .encode(&image)
            .unwrap()
            .len()
    };
    let (smallest, largest) = (at(0.0), at(100.0));
    assert!(smallest * 5 < largest, "{smallest} to {largest} bytes");
    let mut last = -1.0;
    for sixth in 0..=6 {
        let ratio = largest as f64 / smallest as f64;
        let target = (smallest as f64 * ratio.powf(f64::from(sixth) / 6.0)).round() as usize;
        let found = encoder().encode_to_size(&image, target).unwrap();
        let size = found.bytes.len();
        assert!(size <= target, "{size} bytes, {target} allowed");
        assert!(size * 100 >= target * 98, "{size} bytes of {target}");
        assert!(found.trials <= 8, "{} trials", found.trials);
        assert!(
            found.quality > last,
            "quality {} after {last}",
            found.quality
        );
        check(&image, &found);
        last = found.quality;
    }
}

#[test]
fn sizes_beyond_the_dial() {
    let image = picture(120, 90, Color::Rgb);
    let smallest = encoder()
        .quality(0.0)
        .unwrap()
        .encode(&image)
        .unwrap()
        .len();
    match encoder().encode_to_size(&image, smallest - 1) {
        Err(Error::Unreachable {
            wanted, reachable, ..
        }) => assert_eq!(
            (wanted, reachable),
            (smallest as f64 - 1.0, smallest as f64)
        ),
        other => panic!("{other:?}"),
    }
    assert!(encoder().encode_to_size(&image, 0).is_err());
    let exact = encoder().encode_to_size(&image, smallest).unwrap();
    assert!(exact.bytes.len() <= smallest);
    let found = encoder().encode_to_size(&image, usize::MAX).unwrap();
    assert_eq!((found.quality, found.trials), (100.0, 1));
    check(&image, &found);
}

/// A smooth sky takes fewer bytes than decoders want of so large a picture: they are filled with quality, not with zeros.
#[test]
fn what_padding_would_take_holds_a_better_picture() {
    let (width, height) = (1800u32, 1000u32);
    let samples = (0..width * height)
        .flat_map(|i| {
            let (x, y) = (f64::from(i % width), f64::from(i / width));
            let glow = 40.0 * (-((x - 500.0).powi(2) + (y - 700.0).powi(2)) / 3e5).exp();
            [90.0, 120.0, 180.0].map(|level| (level + glow + y / 20.0) as u8)
        })
        .collect();
    let image = Image::new(width, height, Color::Rgb, samples).unwrap();
    let lowest = encoder().quality(0.0).unwrap().encode(&image).unwrap();
    let sized = encoder().encode_to_size(&image, lowest.len()).unwrap();
    assert_eq!(sized.bytes, lowest, "quality {}", sized.quality);
    assert!(sized.quality > 10.0, "quality {}", sized.quality);
    assert!(sized.trials <= 8, "{} trials", sized.trials);
    let error = encoder().encode_to_size(&image, lowest.len() - 100);
    assert!(matches!(error, Err(Error::Unreachable { .. })), "{error:?}");
}

#[test]
fn metadata_and_alpha_count() {
    let alpha = (0..160 * 100).map(|i| (i * i / 977) as u8).collect();
    let mut image = picture(160, 100, Color::Rgb).with_alpha(alpha).unwrap();
    image.metadata.icc = Some(vec![7; 30_000]);
    let at = |quality| {
        encoder()
            .quality(quality)
            .unwrap()
            .encode(&image)
            .unwrap()
            .len()
    };
    let (smallest, largest) = (at(0.0), at(100.0));
    assert!(smallest > 30_000);
    let target = (smallest + largest) / 2;
    let found = encoder().encode_to_size(&image, target).unwrap();
    // 98 % of what the picture itself has got, not of the whole file.
    let spare = target - found.bytes.len();
    assert!(
        spare * 50 <= target - 30_000,
        "{spare} bytes of {target} left"
    );
    match encoder().encode_to_size(&image, 20_000) {
        Err(Error::Unreachable { reachable, .. }) => assert_eq!(reachable, smallest as f64),
        other => panic!("{other:?}"),
    }
}

#[test]
fn pictures_of_few_pixels() {
    for (width, height) in [(1, 1), (3, 20), (40, 17)] {
        let image = picture(width, height, Color::Gray);
        let at = |quality| {
            encoder()
                .quality(quality)
                .unwrap()
                .encode(&image)
                .unwrap()
                .len()
        };
        let (smallest, largest) = (at(0.0), at(100.0));
        for target in [smallest, (smallest + largest) / 2, largest] {
            let found = encoder().encode_to_size(&image, target).unwrap();
            assert!(found.bytes.len() <= target);
        }
    }
}

#[test]
fn psnr_is_met_from_above() {
    let decoded = |bytes: &[u8]| vqz::decode(bytes).unwrap();
    for color in [Color::Gray, Color::Rgb] {
        // Enough pixels for a step of the dial to be small.
        let image = picture(480, 360, color);
        let [worst, best] = [0.0, 100.0].map(|quality| {
            let file = encoder().quality(quality).unwrap().encode(&image).unwrap();
            psnr(&image, &decoded(&file))
        });
        assert!(worst + 5.0 < best, "{worst} to {best} dB");
        let mut last = 0;
        for part in [0.2, 0.5, 0.9] {
            let db = worst + part * (best - worst);
            let found = encoder().encode_to_psnr(&image, db).unwrap();
            let real = psnr(&image, &decoded(&found.bytes));
            assert!((found.psnr.unwrap() - real).abs() < 1e-9, "not of the file");
            assert!(real >= db, "{real} dB, {db} wanted");
            if real >= db + 0.05 {
                // One step of the dial lower, it would not be enough.
                let lower = found.quality - 100.0 / 1024.0;
                let lower = encoder().quality(lower).unwrap().encode(&image).unwrap();
                assert!(
                    psnr(&image, &decoded(&lower)) < db,
                    "{real} dB, {db} wanted"
                );
            }
            // The line has a step where the picture gets a filter.
            assert!(found.trials <= 16, "{} trials", found.trials);
            assert!(found.bytes.len() > last, "more dB in fewer bytes");
            check(&image, &found);
            last = found.bytes.len();
        }
    }
}

#[test]
fn psnr_beyond_the_dial() {
    let image = picture(64, 64, Color::Rgb);
    let best = encoder().quality(100.0).unwrap().encode(&image).unwrap();
    let best = psnr(&image, &vqz::decode(&best).unwrap());
    match encoder().encode_to_psnr(&image, 90.0) {
        Err(Error::Unreachable {
            wanted, reachable, ..
        }) => assert!(
            wanted == 90.0 && (reachable - best).abs() < 0.02,
            "{reachable}, {best}"
        ),
        other => panic!("{other:?}"),
    }
    let found = encoder().encode_to_psnr(&image, 5.0).unwrap();
    assert_eq!(found.quality, 0.0);
    assert!(matches!(
        encoder().encode_to_psnr(&image, f64::NAN),
        Err(Error::Parameter(_))
    ));
}
