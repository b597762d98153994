use super::{check, Contents};

const SIZE: (u32, u32) = (61, 45);

const FILES: [(&str, &[u8]); 5] = [
    (
        "baseline",
        include_bytes!("../../../tests/data/baseline.jpg"),
    ),
    ("cmyk", include_bytes!("../../../tests/data/cmyk.jpg")),
    ("grey", include_bytes!("../../../tests/data/grey.jpg")),
    (
        "progressive",
        include_bytes!("../../../tests/data/progressive.jpg"),
    ),
    ("restart", include_bytes!("../../../tests/data/restart.jpg")),
];

/// Where the first scan's data begin.
fn data_begin(jpeg: &[u8]) -> usize {
    let scan = jpeg.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
    scan + 2 + usize::from(jpeg[scan + 3])
}

#[test]
fn whole_files_pass() {
    for (name, jpeg) in FILES {
        let whole = Contents {
            end_marker: true,
            ..Contents::default()
        };
        assert_eq!(check(jpeg, SIZE).unwrap(), whole, "{name}");
        // A second picture or a film behind the first.
        let more = [jpeg, b"more", jpeg].concat();
        let found = check(&more, SIZE).unwrap();
        assert_eq!(found.behind, 4 + jpeg.len(), "{name}");
        let (body, end) = jpeg.split_at(jpeg.len() - 2);
        // Filled up in front of the end marker.
        for filled in [[body, &[0, 0, 0], end], [body, &[0xff, 0xff], end]] {
            assert_eq!(check(&filled.concat(), SIZE).unwrap(), whole, "{name}");
        }
    }
}

#[test]
fn only_a_missing_end_marker_is_no_loss() {
    for (name, jpeg) in FILES {
        for cut in 2..jpeg.len() {
            match check(&jpeg[..cut], SIZE) {
                Ok(found) => assert!(
                    !found.end_marker && cut >= jpeg.len() - 2,
                    "{name} cut at {cut}"
                ),
                Err(damage) => {
                    assert!(cut < jpeg.len() - 2, "{name} cut at {cut}: {damage}");
                    assert!(damage.at <= cut, "{name} cut at {cut}: {damage}");
                }
            }
        }
    }
}

/// Not all can be found: where the codes fall into step again at the same block, the file is a sound one of another picture.
#[test]
fn most_overwritten_scans_are_found() {
    for (name, jpeg) in FILES {
        let places = data_begin(jpeg)..jpeg.len() - 22;
        let total = places.len();
        let found = places.filter(|&at| {
            let mut damaged = jpeg.to_vec();
            for (i, byte) in damaged[at..at + 20].iter_mut().enumerate() {
                *byte = (at * 151 + i * i * 89 + i * 31) as u8;
            }
            check(&damaged, SIZE).is_err()
        });
        let found = found.count();
        assert!(found * 5 > total * 3, "{name}: {found} of {total}");
    }
}

/// No panic, and no more work than the picture's size asks for.
#[test]
fn any_byte_may_be_wrong() {
    for (_, jpeg) in FILES {
        for at in 2..jpeg.len() {
            for wrong in [0, 0x7f, 0xff, jpeg[at] ^ 1, jpeg[at] ^ 0x80] {
                let mut damaged = jpeg.to_vec();
                damaged[at] = wrong;
                _ = check(&damaged, SIZE);
            }
        }
    }
}

#[test]
fn says_where() {
    let (_, jpeg) = FILES[0];
    let cut = jpeg.len() / 2;
    let text = check(&jpeg[..cut], SIZE).unwrap_err().to_string();
    let (place, rest) = text.split_once(" of ").unwrap();
    let at: usize = place.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(at <= cut && at + 8 > cut, "{text}");
    assert!(
        rest.starts_with(&format!("{cut}, in scan 1, at row ")),
        "{text}"
    );
    assert!(text.ends_with(" of 45: the file ends"), "{text}");
}
