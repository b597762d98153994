//! Regions, smaller renderings, buffers, rows: whatever part of a picture is asked for, in whatever form, has the same samples.

use vqz::{Cancel, Color, Decoder, Encoder, Error, Image, Model, PixelFormat, Scale, View};
use vqz_testkit::{picture, psnr, tiny, with_alpha};

/// Samples and alpha of a rectangle of a picture.
fn crop(image: &Image, x: u32, y: u32, width: u32, height: u32) -> (Vec<u8>, Option<Vec<u8>>) {
    let cut = |plane: &[u8], channels: usize| {
        let row = |row: u32| {
            let start = (row * image.width() + x) as usize * channels;
            &plane[start..start + width as usize * channels]
        };
        (y..y + height).flat_map(row).copied().collect::<Vec<u8>>()
    };
    let samples = cut(image.samples(), image.color().channels());
    (samples, image.alpha().map(|plane| cut(plane, 1)))
}

/// Files of several tiles and layers, with their decoders.
fn files() -> Vec<(&'static str, Vec<u8>, Decoder)> {
    let (tiny, default) = (tiny(), Model::embedded().unwrap());
    let encode = |model: &Model, image: &Image, progressive| {
        let encoder = Encoder::new(model).progressive(progressive);
        let file = encoder.encode(image).unwrap();
        (file, Decoder::new(model).threads(2).unwrap())
    };
    let cases = [
        (
            "small",
            &tiny,
            with_alpha(picture(67, 45, Color::Rgb)),
            false,
        ),
        (
            "grey",
            &tiny,
            with_alpha(picture(50, 81, Color::Gray)),
            true,
        ),
        ("four tiles", &tiny, picture(1061, 1043, Color::Rgb), true),
        (
            "default model",
            default,
            picture(1045, 70, Color::Rgb),
            false,
        ),
        (
            "default model, grey",
            default,
            picture(33, 65, Color::Gray),
            false,
        ),
    ];
    cases
        .into_iter()
        .map(|(name, model, image, progressive)| {
            let (file, decoder) = encode(model, &image, progressive);
            (name, file, decoder)
        })
        .collect()
}

#[test]
fn regions_are_crops_at_every_scale() {
    for (name, file, decoder) in files() {
        let opened = decoder.open(&file).unwrap();
        for scale in Scale::ALL {
            let whole = opened.decode(View::scale(scale)).unwrap();
            let (width, height) = (whole.width(), whole.height());
            assert_eq!(
                (width, height),
                (scale.of(opened.width()), scale.of(opened.height()))
            );
            let (right, bottom) = (width - 1, height - 1);
            for (x, y, w, h) in [
                (0, 0, 1, 1),
                (right, bottom, 1, 1),
                (width / 3, height / 2, width - width / 3, 1),
                (width / 2, height / 5, 1, height - height / 5),
                (width / 4, height / 4, width / 2 + 1, height / 2 + 1),
            ] {
                let part = opened.decode(View::scale(scale).crop(x, y, w, h)).unwrap();
                let (samples, alpha) = crop(&whole, x, y, w, h);
                let what = format!("{name}, {scale:?}: {w}×{h} at ({x}, {y})");
                assert!(part.samples() == samples, "{what}");
                assert!(part.alpha() == alpha.as_deref(), "{what}: alpha");
            }
        }
    }
}

#[test]
fn smaller_renderings_look_like_the_picture() {
    let model = Model::embedded().unwrap();
    // Without texture, of which a small picture cannot have anything.
    let (width, height) = (256, 192);
    let samples = (0..width * height)
        .flat_map(|i| {
            let (x, y) = ((i % width) as f64, (i / width) as f64);
            let wave = |p: f64| (128.0 + 90.0 * (x / p).sin() * (y / 31.0).cos()) as u8;
            [wave(23.0), wave(40.0), wave(61.0)]
        })
        .collect();
    let image = Image::new(width, height, Color::Rgb, samples).unwrap();
    let file = Encoder::new(model)
        .quality(80.0)
        .unwrap()
        .encode(&image)
        .unwrap();
    let opened = Decoder::new(model)
        .open(&file)
        .map(|p| p.decode(View::default()).map(|i| (p, i)));
    let (opened, whole) = opened.unwrap().unwrap();
    for scale in &Scale::ALL[1..] {
        let small = opened.decode(View::scale(*scale)).unwrap();
        let side = scale.divisor();
        let mean = |i: usize| {
            let (c, x) = (i as u32 % 3, i as u32 / 3 % small.width());
            let y = i as u32 / 3 / small.width();
            let (samples, _) = crop(&whole, x * side, y * side, side, side);
            let own = samples.iter().skip(c as usize).step_by(3);
            (own.map(|&v| f64::from(v)).sum::<f64>() / f64::from(side * side)).round() as u8
        };
        let means = (0..small.samples().len()).map(mean).collect();
        let means = Image::new(small.width(), small.height(), Color::Rgb, means).unwrap();
        let db = psnr(&small, &means);
        let least = if *scale == Scale::Half { 90.0 } else { 33.0 };
        assert!(db > least, "{scale:?}: {db:.1} dB");
    }
}

#[test]
fn buffers_and_rows_hold_the_same_pixels() {
    for (name, file, decoder) in files() {
        let opened = decoder.open(&file).unwrap();
        for view in [
            View::default(),
            View::scale(Scale::Half),
            View::region(3, 5, 28, 33),
        ] {
            let image = opened.decode(view).unwrap();
            let (width, height) = (image.width() as usize, image.height() as usize);
            let stride = width * 4 + 5;
            let mut buffer = vec![77; stride * height];
            opened
                .decode_into(view, PixelFormat::Bgra8, &mut buffer, stride)
                .unwrap();
            let mut rows = Vec::new();
            let done = opened.decode_rows(view, PixelFormat::Bgra8, |part| {
                assert_eq!(part.first as usize * width * 4, rows.len());
                assert_eq!(part.data.len(), part.count as usize * part.stride);
                rows.extend_from_slice(part.data);
                true
            });
            done.unwrap();
            let channels = image.color().channels();
            for (i, pixel) in rows.chunks_exact(4).enumerate() {
                let own = &image.samples()[i * channels..][..channels];
                let alpha = image.alpha().map_or(255, |plane| plane[i]);
                assert_eq!(
                    pixel,
                    [own[channels - 1], own[channels / 2], own[0], alpha],
                    "{name}"
                );
            }
            for (line, row) in buffer
                .chunks_exact(stride)
                .zip(rows.chunks_exact(width * 4))
            {
                assert!(
                    &line[..width * 4] == row && line[width * 4..] == [77; 5],
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let model = tiny();
    let file = Encoder::new(&model)
        .encode(&picture(20, 10, Color::Rgb))
        .unwrap();
    let decoder = Decoder::new(&model);
    let opened = decoder.open(&file).unwrap();
    let mut buffer = vec![0; 600];
    let mut into = |format, bytes: usize, stride| {
        opened.decode_into(View::default(), format, &mut buffer[..bytes], stride)
    };
    assert!(into(PixelFormat::Rgb8, 600, 60).is_ok());
    for (format, bytes, stride, word) in [
        (PixelFormat::Rgb8, 599, 60, "buffer"),
        (PixelFormat::Rgb8, 600, 59, "stride"),
        (PixelFormat::Rgb8, 600, usize::MAX, "buffer"),
        (PixelFormat::Gray8, 600, 60, "colours"),
    ] {
        match into(format, bytes, stride) {
            Err(Error::Parameter(text)) => assert!(text.contains(word), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    let outside = opened.decode(View::region(15, 0, 6, 1));
    assert!(matches!(outside, Err(Error::Parameter(_))));
}

#[test]
fn decoding_and_encoding_stop_when_cancelled() {
    let model = tiny();
    let image = picture(400, 300, Color::Rgb);
    let file = Encoder::new(&model).encode(&image).unwrap();
    let cancel = Cancel::new();
    let decoder = Decoder::new(&model).cancel(&cancel);
    assert!(decoder.decode(&file).is_ok());
    cancel.cancel();
    assert!(matches!(decoder.decode(&file), Err(Error::Cancelled)));
    assert!(matches!(decoder.salvage(&file), Err(Error::Cancelled)));
    let encoder = Encoder::new(&model).cancel(&cancel);
    assert!(matches!(encoder.encode(&image), Err(Error::Cancelled)));
    let decoder = Decoder::new(&model);
    let opened = decoder.open(&file).unwrap();
    let stopped = opened.decode_rows(View::default(), PixelFormat::Rgb8, |_| false);
    assert!(matches!(stopped, Err(Error::Cancelled)));
}
