//! The codec as a user sees it, with a small model (fast) and with the built-in one.

use vqz::{inspect, Color, Decoder, Encoder, Error, Limits, Model, Tune};
use vqz_testkit::{picture, pixel_hash, psnr, tiny, with_alpha};

#[test]
fn every_size_comes_back_with_its_size() {
    let model = tiny();
    for (width, height) in [
        (1, 1),
        (2, 3),
        (15, 16),
        (16, 17),
        (63, 65),
        (5, 1030),
        (1025, 3),
    ] {
        for color in [Color::Gray, Color::Rgb] {
            let image = with_alpha(picture(width, height, color));
            let bytes = Encoder::new(&model).encode(&image).unwrap();
            let back = Decoder::new(&model).decode(&bytes).unwrap();
            assert_eq!(
                (back.width(), back.height(), back.color()),
                (width, height, color)
            );
            assert_eq!(back.alpha(), image.alpha());
        }
    }
}

#[test]
fn threads_do_not_change_bytes_or_pixels() {
    let model = Model::embedded().unwrap();
    let image = picture(700, 560, Color::Rgb);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let bytes = Encoder::new(model)
                .quality(30.0)
                .unwrap()
                .encode(&image)
                .unwrap();
            let back = Decoder::new(model).decode(&bytes).unwrap();
            (bytes, pixel_hash(&back))
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

#[test]
fn progressive_files_hold_the_same_picture() {
    let model = tiny();
    let image = picture(90, 70, Color::Rgb);
    let encode = |progressive| {
        Encoder::new(&model)
            .progressive(progressive)
            .encode(&image)
            .unwrap()
    };
    let (plain, layered) = (encode(false), encode(true));
    let limits = Limits::default();
    assert_eq!(inspect(&plain, &limits).unwrap().layers, 1);
    assert_eq!(inspect(&layered, &limits).unwrap().layers, 3);
    let decode = |bytes: &[u8]| pixel_hash(&Decoder::new(&model).decode(bytes).unwrap());
    assert_eq!(decode(&plain), decode(&layered));
}

#[test]
fn quality_buys_fidelity_with_bytes() {
    let model = Model::embedded().unwrap();
    let image = picture(256, 256, Color::Rgb);
    let points: Vec<(usize, f64)> = [0.0, 25.0, 50.0, 75.0, 100.0]
        .into_iter()
        .map(|quality| {
            let bytes = Encoder::new(model)
                .quality(quality)
                .unwrap()
                .encode(&image)
                .unwrap();
            (
                bytes.len(),
                psnr(&image, &Decoder::new(model).decode(&bytes).unwrap()),
            )
        })
        .collect();
    for pair in points.windows(2) {
        assert!(pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1, "{points:?}");
    }
    assert!(points[4].1 > 30.0, "{points:?}");
}

#[test]
fn seams_are_where_the_networks_do_not_see_them() {
    // A flat picture over four tiles and many windows must come back without steps at their borders.
    let model = Model::embedded().unwrap();
    let (width, height) = (1100, 1090);
    let image = vqz::Image::new(
        width,
        height,
        Color::Gray,
        vec![90; (width * height) as usize],
    )
    .unwrap();
    let bytes = Encoder::new(model)
        .quality(50.0)
        .unwrap()
        .encode(&image)
        .unwrap();
    assert_eq!(inspect(&bytes, &Limits::default()).unwrap().tiles, 4);
    let back = Decoder::new(model).decode(&bytes).unwrap();
    let row = &back.samples()[500 * width as usize..][..width as usize];
    for border in [512, 1024] {
        let step = row[border].abs_diff(row[border - 1]);
        assert!(step <= 2, "step of {step} at column {border}");
    }
}

#[test]
fn another_model_is_refused_by_name() {
    let (one, other) = (tiny(), Model::embedded().unwrap());
    let bytes = Encoder::new(&one)
        .encode(&picture(20, 20, Color::Rgb))
        .unwrap();
    let error = Decoder::new(other).decode(&bytes).unwrap_err();
    let Error::WrongModel { needed, given } = &error else {
        panic!("{error}");
    };
    assert_eq!(
        (needed.clone(), given.clone()),
        (one.digest().to_string(), other.digest().to_string())
    );
}

#[test]
fn quality_outside_the_dial_is_refused() {
    for quality in [-0.1, 100.1, f32::NAN, f32::INFINITY] {
        let error = Encoder::new(Model::embedded().unwrap())
            .quality(quality)
            .unwrap_err();
        assert!(matches!(error, Error::Parameter(_)), "{error}");
    }
}

/// In files of the same size, which say so.
#[test]
fn what_is_tuned_for_psnr_has_a_higher_one() {
    let model = Model::embedded().unwrap();
    let image = picture(400, 300, Color::Rgb);
    let [eye, tuned] = [Tune::Eye, Tune::Psnr].map(|tune| {
        let encoder = Encoder::new(model).tune(tune);
        let bytes = encoder.encode_to_size(&image, 15_000).unwrap().bytes;
        let info = inspect(&bytes, &Limits::default()).unwrap();
        assert_eq!(info.uniform_steps, tune == Tune::Psnr);
        psnr(&image, &Decoder::new(model).decode(&bytes).unwrap())
    });
    assert!(tuned > eye + 0.02, "{eye} dB, tuned {tuned} dB");
}

#[test]
fn effort_buys_bytes() {
    let model = Model::embedded().unwrap();
    let image = picture(320, 240, Color::Rgb);
    let run = |effort: u8| {
        let encoder = Encoder::new(model).quality(40.0).unwrap();
        let bytes = encoder.effort(effort).unwrap().encode(&image).unwrap();
        let back = Decoder::new(model).decode(&bytes).unwrap();
        (bytes.len() as f64, psnr(&image, &back))
    };
    let files: Vec<(f64, f64)> = (0..=Encoder::MAX_EFFORT).map(run).collect();
    // Photos need about twice as many bytes for 6 dB more: the search must save more than the lower PSNR alone would.
    let worth = |(bytes, psnr): (f64, f64)| bytes.log2() - psnr / 6.0;
    assert!(files[1].0 < files[0].0 * 0.97, "{files:?}");
    assert!(worth(files[1]) < worth(files[0]) - 0.02, "{files:?}");
    assert!(matches!(
        Encoder::new(model).effort(Encoder::MAX_EFFORT + 1),
        Err(Error::Parameter(_))
    ));
}
