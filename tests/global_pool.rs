//! Rayon's global pool belongs to the program: whatever the library did before, the program can still set it up.

use vqz::{Color, Decoder, Encoder, Image, Model, View};

#[test]
fn rayons_global_pool_is_left_alone() {
    let image = Image::new(40, 30, Color::Rgb, vec![128; 40 * 30 * 3]).unwrap();
    let encoder = Encoder::new(Model::embedded().unwrap());
    let file = encoder.progressive(true).encode(&image).unwrap();
    let one = Decoder::default().threads(1).unwrap();
    for decoder in [Decoder::default(), one] {
        let mut push = decoder.push();
        push.push(&file).unwrap();
        let picture = push.picture().unwrap().unwrap();
        picture.decode(View::default()).unwrap();
        decoder.salvage(&file).unwrap();
    }
    let mine = rayon::ThreadPoolBuilder::new().num_threads(3);
    mine.build_global().unwrap();
    assert_eq!(rayon::current_num_threads(), 3);
}
