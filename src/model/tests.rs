use super::*;
use crate::testing::{tiny, Rng};
use crate::Error;

fn with_crc(mut body: Vec<u8>) -> Vec<u8> {
    let crc = crc32fast::hash(&body);
    body.extend_from_slice(&crc.to_le_bytes());
    body
}

/// Changes a tiny model and returns the message it is refused with.
fn refusal(change: impl FnOnce(&mut ModelData)) -> String {
    let mut data = tiny(1);
    change(&mut data);
    match data.to_bytes() {
        Err(Error::Model(message)) => message,
        other => panic!("expected a refusal, got {:?}", other.map(|b| b.len())),
    }
}

fn encoder(data: &mut ModelData) -> &mut EncoderData {
    data.encoder.as_mut().expect("an encoder")
}

#[test]
fn round_trip() {
    for seed in 0..4 {
        let data = tiny(seed);
        let bytes = data.to_bytes().unwrap();
        assert_eq!(ModelData::from_bytes(&bytes).unwrap(), data);
        let model = Model::from_bytes(&bytes).unwrap();
        assert_eq!(model.name(), format!("tiny {seed}"));
        let hex = model.digest().to_string();
        assert_eq!(hex.len(), 16);
        assert!(hex.starts_with(&format!("{:02x}", model.digest().short()[0])));
    }
    let digest = |seed| {
        Model::from_bytes(&tiny(seed).to_bytes().unwrap())
            .unwrap()
            .digest()
    };
    assert_ne!(digest(0), digest(1));
}

#[test]
fn complexity_counts_every_convolution() {
    let model = Model::from_bytes(&tiny(1).to_bytes().unwrap()).unwrap();
    let per_y = |macs: f64| macs / 256.0;
    let context = per_y(
        0.5 * (60. + 90. + 100. + 80.)
            + 0.5 * (100. + 90. + 100. + 80.)
            + (100. + 90. + 100. + 80.),
    );
    let hyper_synthesis = per_y(4. * 96. / 16. + 9. * 36.);
    let synthesis = per_y(8. * 768. + 9. * 8. * 128.)
        + (9. * 8. + 2. * 8. * 18. + 48. * 8. + 9. * 8. + 9. * 64. + 8. * 48.) / 16.;
    let analysis = per_y(768. * 8. + 128. * 8.) + (9. * 48. * 8. + 9. * 8.) / 16.;
    let hyper_analysis = per_y(128. * 4. / 16.);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    let complexity = model.complexity();
    close(
        complexity.decoder_kmac_per_pixel * 1000.,
        context + hyper_synthesis + synthesis,
    );
    close(
        complexity.encoder_kmac_per_pixel.unwrap() * 1000.,
        context + hyper_synthesis + analysis + hyper_analysis,
    );
}

/// A model file and its encoder file.
fn files(seed: u64) -> (Vec<u8>, Vec<u8>) {
    let (model, encoder) = tiny(seed).to_files().unwrap();
    (model, encoder.expect("it has an encoder"))
}

/// The beginning of a model file as if it were all of it, so that the fields themselves run out.
fn as_whole(mut body: Vec<u8>) -> Vec<u8> {
    let length = body.len() as u32 + 4;
    if let Some(field) = body.get_mut(12..16) {
        field.copy_from_slice(&length.to_le_bytes());
    }
    with_crc(body)
}

#[test]
fn every_truncation_is_an_error() {
    let (model, encoder) = files(1);
    for length in 0..model.len() {
        for cut in [model[..length].to_vec(), as_whole(model[..length].to_vec())] {
            let whole = length + 4 == model.len() && cut == model;
            assert_eq!(ModelData::from_bytes(&cut).is_ok(), whole, "{length} bytes");
        }
    }
    for length in 1..encoder.len() {
        for cut in [
            encoder[..length].to_vec(),
            with_crc(encoder[..length].to_vec()),
        ] {
            let both = [&model[..], &cut].concat();
            let whole = length + 4 == encoder.len() && cut == encoder;
            assert_eq!(
                ModelData::from_bytes(&both).is_ok(),
                whole,
                "{length} bytes"
            );
        }
    }
}

#[test]
fn a_model_without_an_encoder_is_the_same_model() {
    let (model, encoder) = files(1);
    let alone = Model::from_bytes(&model).unwrap();
    let both = Model::from_bytes(&[&model[..], &encoder].concat()).unwrap();
    assert_eq!(alone.digest(), both.digest());
    assert_eq!(alone.digest(), Digest::of(&model));
    assert!(alone.encoder().is_none());
    let (digest, name) = both.encoder().unwrap();
    assert_eq!((digest, &*name), (Digest::of(&encoder), "tiny 1"));

    let picture = crate::Image::new(20, 9, crate::Color::Gray, vec![77; 180]).unwrap();
    let file = crate::Encoder::new(&both).encode(&picture).unwrap();
    let decode = |model| crate::Decoder::new(model).decode(&file).unwrap();
    assert_eq!(decode(&alone), decode(&both));
    let error = crate::Encoder::new(&alone).encode(&picture);
    let message = error.unwrap_err().to_string();
    assert!(message.contains("can only decode"), "{message}");
}

#[test]
fn an_encoder_file_is_for_one_model() {
    let ((model, _), (_, other)) = (files(1), files(2));
    let bytes = [model, other].concat();
    for error in [
        ModelData::from_bytes(&bytes).map(drop),
        Model::from_bytes(&bytes).map(drop),
    ] {
        let message = error.unwrap_err().to_string();
        assert!(message.contains("it is for the model"), "{message}");
    }
}

#[test]
fn corruptions_are_errors_or_valid_models() {
    let rng = &mut Rng(7);
    let (mut refused, mut accepted) = (0, 0);
    let (bytes, _) = files(1);
    for round in 0..4000 {
        let mut body = bytes[..bytes.len() - 4].to_vec();
        // Half of them among the first bytes of fields, which a uniform draw would miss among the weights.
        let reach = if round % 2 == 0 { body.len() } else { 2000 };
        let at = rng.range(0, reach as i64 - 1) as usize;
        body[at] ^= 1 << rng.range(0, 7);
        let mut damaged = body.clone();
        damaged.extend_from_slice(&bytes[bytes.len() - 4..]);
        assert!(ModelData::from_bytes(&damaged).is_err(), "byte {at}");
        match Model::from_bytes(&with_crc(body)) {
            Ok(_) => accepted += 1,
            Err(_) => refused += 1,
        }
    }
    // Free values (weights, means) may change; structure may not.
    assert!(refused > 100 && accepted > 100, "{refused} {accepted}");
}

#[test]
fn damage_is_told_from_foreign_and_newer_files() {
    let mut bytes = tiny(1).to_bytes().unwrap();
    bytes[100] ^= 1;
    assert!(matches!(
        ModelData::from_bytes(&bytes),
        Err(Error::Crc { .. })
    ));
    assert!(matches!(
        ModelData::from_bytes(b"GIF89a"),
        Err(Error::Model(_))
    ));
    bytes[8] = 5;
    assert!(matches!(
        ModelData::from_bytes(&bytes),
        Err(Error::Unsupported(_))
    ));
}

#[test]
fn steps_must_cover_y_in_decodable_order() {
    let message = refusal(|data| data.steps.swap(0, 1));
    assert!(message.contains("without its Even"), "{message}");
    let message = refusal(|data| data.steps.swap(1, 2));
    assert!(message.contains("expected Odd of 0..4"), "{message}");
    let message = refusal(|data| drop(data.steps.pop()));
    assert!(message.contains("end after 4 of 8"), "{message}");
    let message = refusal(|data| data.steps.truncate(1));
    assert!(message.contains("end after 0 of 8"), "{message}");
    let message = refusal(|data| data.steps.insert(0, data.steps[2].clone()));
    assert!(message.contains("expected a range from 0"), "{message}");
    let message = refusal(|data| data.steps[2].channels.end = 7);
    assert!(message.contains("4..7"), "{message}");
}

#[test]
fn networks_must_have_the_shapes_of_their_place() {
    let message = refusal(|data| data.steps[1].network = data.steps[0].network.clone());
    assert_eq!(message, "network context step 1: 6 inputs, expected 10");
    let message = refusal(|data| {
        let Layer::Conv(conv) = data.steps[2].network.layers.last_mut().unwrap() else {
            panic!("a convolution");
        };
        conv.outputs = 6;
        conv.weights.truncate(60);
        conv.bias.truncate(6);
    });
    assert_eq!(message, "network context step 2: 6 outputs, expected 8");
    let message = refusal(|data| encoder(data).analysis.input_bits = 7);
    assert_eq!(
        message,
        "network analysis: 7 input bits, expected at least 8"
    );
    let message = refusal(|data| encoder(data).analysis_linear.layers[0] = Unshuffle(8).into());
    assert!(message.contains("linear analysis: layer 1"), "{message}");
    let message = refusal(|data| drop(data.synthesis_linear.layers.pop()));
    assert_eq!(
        message,
        "network linear synthesis: 768 outputs, expected 48"
    );
    let message = refusal(|data| data.synthesis_lift.input_bits = 14);
    assert_eq!(
        message,
        "network synthesis lift: 14 input bits, expected at least 15"
    );
    let message = refusal(|data| data.renderer = data.synthesis_lift.clone());
    assert_eq!(message, "network renderer: 8 outputs, expected 48");
    let message = refusal(|data| encoder(data).hyper_analysis = data.hyper_synthesis.clone());
    assert!(message.contains("hyper analysis: 4 inputs"), "{message}");
    let message = refusal(|data| {
        let Layer::Conv(conv) = &mut data.steps[0].network.layers[3] else {
            panic!("a convolution");
        };
        conv.kernel = 3;
        conv.weights = conv.weights.repeat(9);
    });
    assert!(
        message.contains("one layer at most may see neighbours"),
        "{message}"
    );
}

#[test]
fn latent_blocks_keep_their_rules() {
    let message = refusal(|data| data.y.step.truncate(16));
    assert!(
        message.starts_with("latents y: 24 gains, expected 16"),
        "{message}"
    );
    let message = refusal(|data| data.y.step.extend([1; 8]));
    assert!(
        message.contains("32 values of step for 8 channels"),
        "{message}"
    );
    let message = refusal(|data| data.z.gain[3] = 0);
    assert_eq!(message, "latents z: a gain is 0, expected at least 1");
    let message = refusal(|data| data.z.log_scale[0] = 32769);
    assert!(
        message.contains("log-scale: 32769, expected -32768 to 32768"),
        "{message}"
    );
    let message = refusal(|data| data.z_mean.truncate(3));
    assert_eq!(message, "3 z means, expected 4");
}

#[test]
fn tables_keep_their_rules() {
    let message = refusal(|data| data.tables[0].truncate(1));
    assert_eq!(message, "number of scales: 1, expected 2 to 1024");
    let message = refusal(|data| data.tables[1].truncate(9));
    assert_eq!(message, "9 scales of a codebook, expected 65");
    let message = refusal(|data| data.tables[1][3].frequencies.truncate(3));
    assert!(message.starts_with("codebook 1, scale 3: "), "{message}");
    let message = refusal(|data| data.tables[0][0].frequencies[1] += 1);
    assert_eq!(
        message,
        "codebook 0, scale 0: frequencies sum to 65537, expected 65536"
    );
    let message = refusal(|data| data.tables[0][0].frequencies = vec![0, 65535, 1, 0]);
    assert!(message.contains("frequency of symbol 0 is 0"), "{message}");
}

#[test]
fn codewords_are_near_the_points_of_their_codebook() {
    let message = refusal(|data| data.spacing = 0);
    assert_eq!(message, "spacing: 0, expected 1 to 255");
    // Label 3 stands for 6 · 36 in one codebook and for 5 · 36 in the other.
    for (codebook, point) in [(0, 216), (1, 180)] {
        let mut data = tiny(1);
        assert_eq!(data.spacing, 36);
        data.tables[codebook][7].codewords[2] = point + 128;
        data.check().unwrap();
        let message = refusal(|data| data.tables[codebook][7].codewords[2] = point - 129);
        assert_eq!(
            message,
            format!(
                "codebook {codebook}, scale 7: label 3: codeword: {}, expected {} to {}",
                point - 129,
                point - 128,
                point + 128
            )
        );
    }
}

#[test]
fn linear_predictions_are_checked() {
    fn prediction(data: &mut ModelData) -> &mut LinearPrediction {
        &mut data.steps[2].prediction
    }
    let message = refusal(|data| {
        prediction(data).feedback.pop();
    });
    assert_eq!(
        message,
        "context step 2: 3 channels with feedback, expected 4"
    );
    let message = refusal(|data| prediction(data).feedback[1].weight = 257);
    assert_eq!(
        message,
        "context step 2: weight of feedback: 257, expected 0 to 256"
    );
    let message = refusal(|data| prediction(data).across.push(0));
    assert_eq!(
        message,
        "context step 2: 7 weights across channels, expected 6"
    );
    for weight in [-16_385, 16_385] {
        let message = refusal(|data| prediction(data).across[5] = weight);
        let expected =
            format!("context step 2: weight across channels: {weight}, expected -16384 to 16384");
        assert_eq!(message, expected);
    }
    // Neither has to be there.
    let mut data = tiny(1);
    data.steps[0].prediction = LinearPrediction::default();
    data.to_bytes().unwrap();
}
