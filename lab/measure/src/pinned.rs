//! Versions of the crates that scores and mozjpeg's files come from. Cargo.toml pins them: figures of two builds can be compared.

pub const SSIMULACRA2: &str = "0.5.1";
pub const BUTTERAUGLI: &str = "0.9.3";
pub const MOZJPEG_SYS: &str = "2.2.3";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn these_are_the_versions_in_use() {
        let manifest = include_str!("../Cargo.toml");
        for (name, version) in [
            ("ssimulacra2", SSIMULACRA2),
            ("butteraugli", BUTTERAUGLI),
            ("mozjpeg-sys", MOZJPEG_SYS),
        ] {
            let line = manifest
                .lines()
                .find(|line| line.starts_with(&format!("{name} = ")));
            let pinned = format!("\"={version}\"");
            assert!(line.unwrap().contains(&pinned), "{name} {version}");
        }
    }
}
