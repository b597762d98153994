//! Files that arrive piece by piece.

use vqz::{Color, Decoder, Encoder, Error, Image, Metadata, Model, PixelFormat, Progress, View};
use vqz_testkit::{picture, psnr, tiny, with_alpha};

fn file(model: &Model, image: &Image) -> Vec<u8> {
    let encoder = Encoder::new(model).progressive(true);
    encoder.encode(image).unwrap()
}

#[test]
fn pieces_of_any_size_give_the_same_picture() {
    let model = tiny();
    let mut image = with_alpha(picture(70, 41, Color::Rgb));
    let mut metadata = Metadata::default();
    metadata.icc = Some(b"profile".to_vec());
    image.metadata = metadata;
    let file = file(&model, &image);
    let decoder = Decoder::new(&model);
    let whole = decoder.decode(&file).unwrap();
    for size in [1, 2, 7, 64, file.len()] {
        let mut push = decoder.push();
        let mut rest = &file[..];
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(size.min(rest.len()));
            rest = more;
            match push.push(piece).unwrap() {
                Progress::Finished => assert!(rest.is_empty()),
                // What is said to be needed is there.
                Progress::NeedMore(needed) => assert!((1..=rest.len()).contains(&needed)),
            }
        }
        assert_eq!(push.layers(), 3);
        assert_eq!(
            push.finish().unwrap().decode(View::default()).unwrap(),
            whole
        );
    }
}

#[test]
fn every_layer_makes_the_picture_better() {
    let model = Model::embedded().unwrap();
    let image = picture(200, 150, Color::Rgb);
    // A quality at which the last channels, too, have something to say.
    let encoder = Encoder::new(model).progressive(true).quality(90.0).unwrap();
    let file = encoder.encode(&image).unwrap();
    let decoder = Decoder::default();
    let mut push = decoder.push();
    let mut previews: Vec<f64> = Vec::new();
    for byte in &file {
        let before = push.layers();
        push.push(&[*byte]).unwrap();
        if push.layers() > before {
            let picture = push.picture().unwrap().unwrap();
            let preview = picture.decode(View::default()).unwrap();
            previews.push(psnr(&preview, &image));
        }
    }
    assert!(previews.len() > 3);
    assert!(
        previews.windows(2).all(|pair| pair[0] < pair[1]),
        "{previews:?}"
    );
    let last = push
        .picture()
        .unwrap()
        .unwrap()
        .decode(View::default())
        .unwrap();
    assert_eq!(last, decoder.decode(&file).unwrap());
}

#[test]
fn what_is_wrong_with_a_file_is_found_as_it_arrives() {
    let model = tiny();
    let good = file(&model, &picture(70, 41, Color::Rgb));
    let push_all = |decoder: &Decoder, bytes: &[u8]| {
        let mut push = decoder.push();
        for byte in bytes {
            push.push(&[*byte])?;
        }
        push.finish().map(|_| ())
    };
    let decoder = Decoder::new(&model);
    for end in [0, 3, 8, 20, 39, 50, good.len() - 1] {
        let (pushed, opened) = (push_all(&decoder, &good[..end]), decoder.open(&good[..end]));
        assert_eq!(
            pushed.unwrap_err().to_string(),
            opened.unwrap_err().to_string()
        );
    }
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        let (pushed, opened) = (push_all(&decoder, &bad), decoder.open(&bad));
        assert_eq!(
            pushed.unwrap_err().class(),
            opened.unwrap_err().class(),
            "byte {at}"
        );
    }
    let more = [&good[..], b"x"].concat();
    assert!(matches!(push_all(&decoder, &more), Err(Error::Format(_))));
    let other = push_all(&Decoder::default(), &good);
    assert!(matches!(other, Err(Error::WrongModel { .. })));
}

/// Sizes need no model: a viewer can keep room for a picture that it cannot show.
#[test]
fn a_missing_model_hides_neither_header_nor_metadata() {
    let mut image = with_alpha(picture(70, 41, Color::Gray));
    image.metadata.exif = Some(b"MM".to_vec());
    let model = tiny();
    let file = file(&model, &image);
    let mut whole = Decoder::default().push();
    let mut pieces = whole.clone();
    let refused = |result| matches!(result, Err(Error::WrongModel { .. }));
    assert!(refused(whole.push(&file)));
    let mut rest = file.iter();
    assert!(pieces.header().is_none());
    assert!(refused(loop {
        let byte = rest.next().expect("it ends with an error");
        if let Err(error) = pieces.push(&[*byte]) {
            break Err(error);
        }
    }));
    for push in [&whole, &pieces] {
        let header = push.header().unwrap();
        assert_eq!((header.width(), header.height()), (70, 41));
        assert_eq!(header.format(), PixelFormat::GrayAlpha8);
        assert_eq!(header.quality(), 50.0);
        assert_eq!(
            (header.layers(), header.model()),
            (3, model.digest().short())
        );
        assert!(push.picture().is_err());
    }
    // What arrived with the header is told as well.
    assert_eq!(whole.metadata(), image.metadata);
    assert_eq!(pieces.metadata(), Metadata::default());
}

/// A header that asks for much has to be followed by as much.
#[test]
fn a_prefix_is_not_decoded_beyond_what_it_is_worth() {
    let model = tiny();
    let file = file(&model, &picture(2000, 1500, Color::Gray));
    let mut push = Decoder::new(&model).push();
    let mut refused = 0;
    for piece in file.chunks(200) {
        push.push(piece).unwrap();
        if let Some(picture) = push.picture().unwrap() {
            match picture.decode(View::region(0, 0, 16, 16)) {
                Ok(_) => break,
                Err(Error::Limit { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(refused > 0);
}
