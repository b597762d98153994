//! The pictures in the page.

use crate::report::{Matched, Picture};
use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde::Serialize;

/// Bytes of all pictures; as base64 they take a third more, which leaves room for the numbers in 20 MB.
const BUDGET: usize = 14_000_000;

/// Data URLs of one photo's pictures.
#[derive(Debug, PartialEq, Serialize)]
pub struct Pictures {
    original: String,
    /// In the order of [`Matched::items`].
    items: Vec<String>,
}

/// Of each photo, in order, as long as there is room; the first always comes with pictures.
pub fn choose(matched: &[Matched]) -> Vec<Option<Pictures>> {
    choose_within(BUDGET, matched)
}

fn choose_within(mut budget: usize, matched: &[Matched]) -> Vec<Option<Pictures>> {
    let choose = |(index, matched): (usize, &Matched)| {
        let pictures = matched.items.iter().map(|item| &item.picture);
        let size = matched.original.bytes.len()
            + pictures
                .clone()
                .map(|picture| picture.bytes.len())
                .sum::<usize>();
        if size > budget && index > 0 {
            return None;
        }
        budget = budget.saturating_sub(size);
        Some(Pictures {
            original: data_url(&matched.original),
            items: pictures.map(data_url).collect(),
        })
    };
    matched.iter().enumerate().map(choose).collect()
}

fn data_url(picture: &Picture) -> String {
    format!(
        "data:{};base64,{}",
        picture.media_type,
        BASE64_STANDARD.encode(&picture.bytes)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(bytes: usize) -> Matched {
        let original = Picture {
            bytes: vec![0; bytes],
            media_type: "image/avif",
        };
        Matched {
            photo: String::new(),
            target_bytes: 0,
            target_bpp: 0.0,
            reference: None,
            original,
            items: vec![],
        }
    }

    #[test]
    fn pictures_fill_the_budget_and_no_more() {
        let sizes = |budget, list: &[usize]| -> Vec<bool> {
            let matched: Vec<Matched> = list.iter().map(|&bytes| matched(bytes)).collect();
            let chosen = choose_within(budget, &matched);
            chosen.iter().map(Option::is_some).collect()
        };
        assert_eq!(sizes(100, &[40, 60, 1]), [true, true, false]);
        assert_eq!(sizes(100, &[40, 61, 60]), [true, false, true]);
        assert_eq!(sizes(100, &[500, 1]), [true, false]);
    }
}
