//! The HTML report: one file that needs nothing else, not even a network.
//!
//! | what | file |
//! |---|---|
//! | the page: markup, style, and the script that draws everything | `page/` |
//! | its parts put together | this one |
//! | text in markup and in scripts | `escape` |
//! | which pictures go in, and how | `pictures` |

mod escape;
mod pictures;

use crate::report::Report;
use anyhow::Result;
use base64::prelude::{Engine as _, BASE64_STANDARD};
use sha2::{Digest as _, Sha256};

const TEMPLATE: &str = include_str!("page/report.html");
const STYLE: &str = include_str!("page/report.css");
/// One script; each file uses those before it, and `report.js` starts.
const SCRIPT: &str = concat!(
    include_str!("page/dom.js"),
    include_str!("page/chart.js"),
    include_str!("page/tables.js"),
    include_str!("page/gestures.js"),
    include_str!("page/viewer.js"),
    include_str!("page/report.js"),
);

/// The report as a page.
pub fn page(report: &Report) -> Result<String> {
    let pictures = pictures::choose(&report.matched);
    // The browser runs this script only: markup in a name could not start another.
    let hash = format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(SCRIPT)));
    Ok(fill(
        TEMPLATE,
        &[
            ("title", &escape::text(&report.title)),
            ("script-hash", &hash),
            ("style", STYLE),
            ("report", &escape::json(report)?),
            ("pictures", &escape::json(&pictures)?),
            ("script", SCRIPT),
        ],
    ))
}

/// The template with `{{name}}` replaced; what is put in is not searched.
fn fill(template: &str, parts: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("a closed placeholder");
        let part = parts.iter().find(|(known, _)| *known == name);
        let (_, text) = part.unwrap_or_else(|| panic!("nothing for placeholder `{name}`"));
        out.push_str(before);
        out.push_str(text);
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{About, Matched, MatchedItem, Photo, Picture, Scores};
    use serde_json::Value;

    const HOSTILE: &str =
        "</script><script>alert('1')</script><!--<img src=x onerror=alert(1)>\u{2028}{{style}}.png";

    fn hostile() -> Report {
        let picture = |byte| Picture {
            bytes: vec![byte; 5],
            media_type: "image/png",
        };
        Report {
            title: HOSTILE.into(),
            command: format!("vqz compare '{HOSTILE}'"),
            version: "1".into(),
            notes: vec![],
            codecs: vec![About {
                id: "a".into(),
                name: "A".into(),
                version: "1".into(),
                settings: HOSTILE.into(),
            }],
            metrics: vec![],
            photos: vec![Photo {
                name: HOSTILE.into(),
                width: 1,
                height: 1,
            }],
            skipped: vec![],
            points: vec![],
            means: vec![],
            rates: vec![],
            words: vec![],
            matched: vec![Matched {
                photo: HOSTILE.into(),
                target_bytes: 5,
                target_bpp: 40.0,
                reference: None,
                original: picture(1),
                items: vec![MatchedItem {
                    codec: "a".into(),
                    quality: 1.0,
                    bytes: 5,
                    bpp: 40.0,
                    scores: Scores::new(),
                    picture: picture(2),
                    worst: vec![],
                }],
            }],
        }
    }

    /// The JSON that the page's script reads.
    fn data(page: &str, id: &str) -> Value {
        let open = format!("<script type=\"application/json\" id=\"{id}\">");
        let (_, from) = page.split_once(&open).unwrap();
        serde_json::from_str(from.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn names_stay_text() {
        let report = hostile();
        let page = page(&report).unwrap();
        assert_eq!(
            data(&page, "report-data"),
            serde_json::to_value(&report).unwrap()
        );
        assert!(page.contains("<title>&lt;/script&gt;&lt;script&gt;alert(&#39;1&#39;)"));
        assert!(!page.contains("<img src=x") && !page.contains("<script>alert"));
        assert!(!page.contains("<!--"));
    }

    #[test]
    fn pictures_are_inside() {
        let pictures = data(&page(&hostile()).unwrap(), "pictures-data");
        assert_eq!(pictures[0]["original"], "data:image/png;base64,AQEBAQE=");
        assert_eq!(pictures[0]["items"][0], "data:image/png;base64,AgICAgI=");
    }

    #[test]
    fn the_page_needs_no_other_file() {
        let page = page(&hostile()).unwrap();
        for reference in ["src=\"", "<link", "@import", "url(", "import ", "fetch("] {
            assert!(!page.contains(reference), "{reference}");
        }
        assert!(page.contains("default-src 'none'"));
    }
}
