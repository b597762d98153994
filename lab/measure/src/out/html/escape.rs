//! Text in a page that stays text.

use anyhow::Result;
use serde::Serialize;

/// For markup: the content of an element or a quoted attribute.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// JSON for the content of a `script` element: without `<`, nothing in it can end the element (`</script`) or change how its end
/// is found (`<!--`). The line ends that JSON allows in strings and older JavaScript does not are escaped too.
///
/// # Errors
/// If the value cannot be JSON.
pub fn json(value: &impl Serialize) -> Result<String> {
    // In valid JSON these are only ever inside strings.
    Ok(serde_json::to_string(value)?
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            text("a<b> & \"c\" 'd' ü"),
            "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; ü"
        );
    }

    #[test]
    fn scripts_cannot_be_closed() {
        let value = "</script><!-- \u{2028}\u{2029} \\u003c &amp;";
        let json = json(&value).unwrap();
        assert!(!json.contains(['<', '\u{2028}', '\u{2029}']), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), value);
    }
}
